"""Changes of real files in a directory of the fake's own, by the real workshop; nothing follows but the world's sizes.

Before: fake_services. After: changes.workshop, the fake loop.
"""

import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import SpecFile
from reconciler.changes import wishes
from reconciler.changes.proposal import Proposal
from reconciler.changes.proposing import proposal
from reconciler.changes.texts import Known
from reconciler.changes.wishes import Wish
from reconciler.changes.workshop import Workshop
from reconciler.plan.status import ClusterStatus
from reconciler.spec.policy import Policy

if TYPE_CHECKING:
    from tests.support.fake_backend import FakeBackend


class Texts(MutableMapping[str, str]):
    """A directory's files by name: what a test reads and writes there, others see."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __getitem__(self, file: str) -> str:
        try:
            return (self._directory / file).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise KeyError(file) from None

    def __setitem__(self, file: str, text: str) -> None:
        staged = self._directory / f".{file}.new"
        staged.write_text(text, encoding="utf-8")
        staged.replace(self._directory / file)

    def __delitem__(self, file: str) -> None:
        (self._directory / file).unlink()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.name for path in self._directory.glob("[!.]*.yaml")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class FakeChanges:
    """`files` are the directory's; `wished` every wish that was carried out, with its base and who asked."""

    def __init__(self, backend: "FakeBackend", operations: OperationRegister) -> None:
        self.backend = backend
        self.operations = operations
        self.wished: list[tuple[Wish, str | None, str]] = []
        directory = Path(tempfile.mkdtemp(prefix="reconciler-fake-"))
        weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)
        self.files = Texts(directory)
        for one in backend.state.clusters:
            if not is_gone(one):
                self.files[f"{one.name}.yaml"] = text_of(one)
        known = Known(revisions=backend.revisions, status=backend.status, now=time.time)
        self._workshop = Workshop(directory, Policy(), known)

    def spec(self, name: str) -> SpecFile:
        file, text, base = self._workshop.spec(name)
        return SpecFile(file=file, text=text, base=base)

    def propose(self, wish: Wish, base: str | None = None) -> Proposal:
        workshop = self._workshop
        return proposal(workshop.draft(wish, base), workshop.directory, workshop.policy, self.backend.plan)

    def carry_out(self, wish: Wish, base: str | None, by: str) -> Operation:
        draft = self._workshop.carry_out(wish, base, self.backend.expect_delete)
        self.wished.append((wish, base, by))
        self._take_over(wish)

        def work(reporter: Reporter) -> str:
            for edit in draft.edits:
                cluster = edit.file.rpartition(".")[0]
                event = self.backend.happens(cluster, "change", edit.file, f"{draft.says} (by {by})")
                reporter.say(f"{event.kind} {event.subject}: {event.cause}")
            return f"{draft.says}: settled (after 0.1 s)"

        difference = "".join(edit.difference for edit in draft.edits)
        return self.operations.begin(
            wish.kind, draft.says, by, work, clusters=draft.clusters, difference=difference, done_already=True
        )

    def _take_over(self, wish: Wish) -> None:
        """What a page shows of it afterwards: the size."""
        state = self.backend.state
        if isinstance(wish, wishes.Resize):
            changed = tuple(
                replace(one, desired=wish.size) if one.name == wish.name else one for one in state.clusters
            )  # fmt: skip
            self.backend.state = replace(state, clusters=changed)
        if isinstance(wish, wishes.Delete):
            kept = tuple(one for one in state.clusters if one.name not in wish.names)
            self.backend.state = replace(state, clusters=kept)


def is_gone(one: ClusterStatus) -> bool:
    """Its file isn't there any more, and a guard keeps it."""
    return any(condition.type == "Held" for condition in one.conditions)


def text_of(one: ClusterStatus) -> str:
    """A file that could have made this cluster; one that can't be read where the status says that it has problems."""
    kind = "kind: TaskSpec\n" if one.kind == "TaskSpec" else ""
    size = "-1" if one.problems else str(one.desired)
    sized = "" if kind else f"size: {size}                     # how many\n"
    zones = f"zones: [{', '.join(one.zones)}]\n"
    suspended = "suspend: true\n" if any(c.type == "Suspended" for c in one.conditions) else ""
    judged = ", red-black: {judged: true}" if one.rollout and one.rollout.strategy == "red-black" else ""
    rollout = f"rollout: {{strategy: {one.rollout.strategy}{judged}}}\n" if one.rollout else ""
    traffic = "" if one.traffic else "traffic: false\n"
    command = "command: [sleep, '1']\n" if kind else ""
    head = f"# {one.name} of the shop\n{kind}name: {one.name}\nimage: {one.image}\n"
    return f"{head}{sized}{zones}{suspended}{traffic}{rollout}{command}"
