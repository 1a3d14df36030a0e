"""Changes in memory: texts of files are edited as the real ones are, nothing follows, and the world's sizes change.

Before: fake_services. After: spec.edit, the fake loop.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import SpecFile
from reconciler.changes import wishes
from reconciler.changes.proposal import FileEdit, Proposal
from reconciler.changes.wishes import Wish
from reconciler.errors import FileChanged, ReconcilerError, UsageError
from reconciler.plan.status import ClusterStatus
from reconciler.spec.edit import set_key
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy

if TYPE_CHECKING:
    from tests.support.fake_services import FakeBackend

_VERBS: Mapping[type[Any], tuple[str, Callable[[str, Any], str]]] = {
    wishes.Resize: ("resize {name} to {size}", lambda text, wish: set_key(text, "size", wish.size)),
    wishes.Suspend: ("suspend {name}", lambda text, _: set_key(text, "suspend", True)),
    wishes.Resume: ("resume {name}", lambda text, _: set_key(text, "suspend", False)),
    wishes.Restart: ("restart {name}", lambda text, _: set_key(text, ("rollout", "restarted"), "2026-11-29T04:00:00Z")),
    wishes.Pause: ("pause the rollout of {name}", lambda text, _: set_key(text, ("rollout", "paused"), True)),
    wishes.GoOn: ("go on with the rollout of {name}", lambda text, _: set_key(text, ("rollout", "paused"), False)),
    wishes.Promote: ("promote {name}", lambda text, _: set_key(text, ("rollout", "promoted"), "v001")),
    wishes.Undo: ("take {name} back", lambda text, wish: set_key(text, "image", f"acmeair/{wish.name}:0.9")),
    wishes.NextGroup: (
        "next group of {name}",
        lambda text, wish: set_key(text, "image", wish.image) if wish.image else text,
    ),
    wishes.Traffic: ("traffic of {name}", lambda text, wish: f"{text}# traffic: {str(wish.on).lower()}\n"),
}


@dataclass(slots=True)
class FakeChanges:
    """`files` are the directory's; `wished` every wish that was carried out, with its base and who asked."""

    backend: "FakeBackend"
    operations: OperationRegister
    files: dict[str, str] = field(default_factory=dict)
    wished: list[tuple[Wish, str | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.backend.state.clusters:
            self.files.setdefault(f"{one.name}.yaml", text_of(one))

    def spec(self, name: str) -> SpecFile:
        file = f"{name}.yaml"
        if file not in self.files:
            raise ReconcilerError(f"no spec of a cluster {name!r} in /srv/specs")
        return SpecFile(file=file, text=self.files[file], base=_base({file: self.files[file]}))

    def propose(self, wish: Wish, base: str | None = None) -> Proposal:
        says, wanted = self._wanted(wish)
        before = {file: self.files.get(file) for file in wanted}
        for file, text in wanted.items():
            if text is not None:
                parse_cluster(text.encode(), file=file, policy=Policy())
        plans = self.backend.plan({file: text.encode() for file, text in wanted.items() if text is not None})
        proposal = Proposal(
            says=says, clusters=tuple(file.rpartition(".")[0] for file in wanted), base=_base(before), plans=plans,
            edits=tuple(FileEdit(file=file, before=before[file], after=text) for file, text in wanted.items()),
        )  # fmt: skip
        if base is not None and base != proposal.base:
            names = ", ".join(edit.file for edit in proposal.edits)
            raise FileChanged(f"{names} changed since it was shown; nothing was changed", proposal.difference)
        return proposal

    def carry_out(self, wish: Wish, base: str | None, by: str) -> Operation:
        proposal = self.propose(wish, base)
        self.wished.append((wish, base, by))
        for edit in proposal.edits:
            if edit.after is None:
                del self.files[edit.file]
            else:
                self.files[edit.file] = edit.after
        self._take_over(wish)

        def work(reporter: Reporter) -> str:
            for cluster in proposal.clusters:
                event = self.backend.happens(cluster, "change", f"{cluster}.yaml", f"{proposal.says} (by {by})")
                reporter.say(f"{event.kind} {event.subject}: {event.cause}")
            return f"{proposal.says}: settled after 0.1 s"

        return self.operations.begin(
            wish.kind, proposal.says, by, work, clusters=proposal.clusters, difference=proposal.difference
        )

    def _wanted(self, wish: Wish) -> tuple[str, dict[str, str | None]]:
        if isinstance(wish, wishes.Write):
            return f"write {wish.file}", {wish.file: wish.text}
        if isinstance(wish, wishes.Apply):
            return f"apply {len(wish.files)} files", dict(wish.files)
        if isinstance(wish, wishes.Delete):
            return f"delete {', '.join(wish.names)}", {self.spec(name).file: None for name in wish.names}
        present = self.spec(wish.name)
        if isinstance(wish, wishes.Resize) and wish.size < 0:
            raise UsageError(f"size {wish.size} is less than 0")
        words, edit = _VERBS[type(wish)]
        named = {name: getattr(wish, name) for name in type(wish).__dataclass_fields__}
        return words.format(**named), {present.file: edit(present.text, wish)}

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


def text_of(one: ClusterStatus) -> str:
    """A file that could have made this cluster."""
    kind = "kind: TaskSpec\n" if one.kind == "TaskSpec" else ""
    size = "" if kind else f"size: {one.desired}                     # how many\n"
    zones = f"zones: [{', '.join(one.zones)}]\n"
    rollout = f"rollout: {{strategy: {one.rollout.strategy}}}\n" if one.rollout else ""
    command = "command: [sleep, '1']\n" if kind else ""
    return f"# {one.name} of the shop\n{kind}name: {one.name}\nimage: {one.image}\n{size}{zones}{rollout}{command}"


def _base(texts: Mapping[str, str | None]) -> str:
    return hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:16]
