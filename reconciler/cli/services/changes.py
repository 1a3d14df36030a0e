"""Changes of the watched directory for the API and the console: shown, carried out, followed until they are settled.

Before: their routes and pages. After: changes.workshop (the files), changes.following (how it stands), the loop.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Protocol

from reconciler.api.backend import Backend
from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import SpecFile
from reconciler.changes.draft import Draft, Files
from reconciler.changes.following import Aim, Judged, Stand, aim, judge
from reconciler.changes.proposal import Proposal
from reconciler.changes.proposing import proposal
from reconciler.changes.sources import readable_texts
from reconciler.changes.taking_up import plans_now
from reconciler.changes.texts import Known
from reconciler.changes.wishes import Wish
from reconciler.changes.words import listed
from reconciler.changes.workshop import Workshop
from reconciler.cli.services.telling import News
from reconciler.errors import EngineError, ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.plan.plan import Plan
from reconciler.spec.directory import cluster_of

_LOOK_SECONDS = 0.2
_MOST_SECONDS = 1800.0
_SECONDS = re.compile(r"\d+(\.\d+)? s\b")  # what counts down is no news


class ChangedLoop(Backend, Protocol):
    """The loop in this process: it keeps the story of changes, too, and knows how far it has read."""

    def plan(self, files: Mapping[str, bytes] | None, named: Collection[str] = ()) -> tuple[Plan, ...]:
        """A dry run, in which the deletion of the `named` clusters counts as confirmed."""

    def in_force(self, cluster: str) -> bytes:
        """The text of a cluster's file, as far as it is in force; empty where nothing is."""

    def note_change(self, cluster: str, file: str, cause: str) -> None:
        """Keep as an event who changed a cluster's file, and how."""


def file_changes(settings: Settings, loop: ChangedLoop, operations: OperationRegister) -> "FileChanges":
    """The service over a loop's directory."""
    known = Known(revisions=loop.revisions, status=loop.status, now=time.time)
    return FileChanges(Workshop(settings.specs, settings.policy, known), loop, operations)


class FileChanges:
    """See api.services.Changes. `most_seconds`: how long a change is followed that never settles."""

    def __init__(
        self,
        workshop: Workshop,
        loop: ChangedLoop,
        operations: OperationRegister,
        *,
        most_seconds: float = _MOST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workshop = workshop
        self._loop = loop
        self._operations = operations
        self._most_seconds = most_seconds
        self._clock = clock
        self._latest = Latest()

    def spec(self, name: str) -> SpecFile:
        """The file of a cluster. Raises ReconcilerError where there is none, or two."""
        file, text, base = self._workshop.spec(name)
        return SpecFile(file=file, text=text, base=base)

    def propose(self, wish: Wish, base: str | None = None) -> Proposal:
        """What would come of it. Raises FileChanged where the files aren't those of `base` any more."""
        draft = self._workshop.draft(wish, base)
        plan = partial(self._loop.plan, named=draft.removed if draft.named else ())
        return proposal(draft, self._workshop.directory, self._workshop.policy, plan)

    def carry_out(self, wish: Wish, base: str | None, by: str) -> Operation:
        """Change the files, have the loop see it, and follow what comes of it."""
        self._operations.insist_on_room()
        before = self._loop.status()
        began_at = self._clock()
        with self._latest.lock:
            draft = self._workshop.carry_out(wish, base, self._loop.expect_delete)
            course = _Course(
                aim=aim(draft.clusters, draft.removed, before),
                clusters=draft.clusters,
                news=News(self._loop, draft.clusters),
                turn=self._latest.take(draft.clusters, draft.says),
                began_at=began_at,
                files=draft.files,
            )
        self._tell_loop(draft, by)
        return self._operations.begin(
            wish.kind, draft.says, by, partial(self._follow, course, draft.remarks), clusters=draft.clusters,
            difference="".join(edit.difference for edit in draft.edits), done_already=True,
        )  # fmt: skip

    def _tell_loop(self, draft: Draft, by: str) -> None:
        for edit in draft.edits:
            if edit.changed:
                self._loop.note_change(edit.file.rpartition(".")[0], edit.file, f"{draft.says} (by {by})")
        self._loop.rescan()

    def _follow(self, course: "_Course", remarks: tuple[str, ...], reporter: Reporter) -> str:
        for remark in remarks:
            reporter.say(remark)
        judged = Judged(stand=Stand.WAITING, says="")
        told = ""
        while not reporter.stopping.is_set():
            judged = self._look(course)
            course.news.tell(reporter)
            took = f"after {self._clock() - course.began_at:.1f} s"
            if judged.stand is Stand.FAILED:
                raise ReconcilerError(f"{judged.says} ({took})")
            others = self._workshop.changed_since(course.files)
            overtaken = self._latest.overtaken(course.clusters, course.turn)
            later = f"overtaken by a later change: {overtaken or _edited(others)}"  # by hand or by a command: not ours
            if judged.stand is not Stand.WAITING:
                return f"{later}; {judged.says} ({took})" if others else f"{judged.says} ({took})"
            if overtaken or (others and len(others) == len(course.files)):
                return f"{later} ({took})"
            if self._clock() - course.began_at > self._most_seconds:
                raise ReconcilerError(f"not settled {took}, and not followed any further: {judged.says}")
            if (line := _SECONDS.sub("", judged.says)) != told:
                told = line
                reporter.say(f"waits: {judged.says}")
            reporter.stopping.wait(_LOOK_SECONDS)
        return f"not followed any further; it was waiting: {judged.says}" if judged.says else "not followed any further"

    def _has_read(self, names: tuple[str, ...]) -> bool:
        """Whether the files as they are now are in force: a plan may be quiet though the loop hasn't read them yet."""
        texts = readable_texts(self._workshop.directory)
        return all(
            self._loop.in_force(cluster_of(file)) == text for file, text in texts.items() if cluster_of(file) in names
        )

    def _look(self, course: "_Course") -> Judged:
        """By the status, which costs nothing; where that looks settled, by the loop's plan of the files."""
        try:
            first = judge(course.aim, None, self._loop.status())
            if first.stand is Stand.WAITING:
                return first
            workshop, names = self._workshop, course.aim.applied
            plans = plans_now(self._loop.plan, workshop.directory, workshop.policy, names) if names else ()
            if plans is None or not self._has_read(names):
                return Judged(stand=Stand.WAITING, says="the loop has not taken up the file as it is now")
            return judge(course.aim, plans, self._loop.status())
        except (EngineError, OSError) as error:  # they pass by themselves
            return Judged(stand=Stand.WAITING, says=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """One change on its way; `turn` is its place among all changes, `files` are as it made them."""

    aim: Aim
    clusters: tuple[str, ...]
    news: News
    turn: int
    began_at: float
    files: Files


def _edited(files: Sequence[str]) -> str:
    return f"{listed(files)} {'was' if len(files) == 1 else 'were'} changed again since"


class Latest:
    """Which change of a cluster is the latest: earlier ones needn't be followed any more. `lock` keeps their order."""

    def __init__(self) -> None:
        self.lock = Lock()
        self._turns = 0
        self._by_cluster: dict[str, tuple[int, str]] = {}

    def take(self, clusters: tuple[str, ...], says: str) -> int:
        """The next turn, about these clusters; with the lock held."""
        self._turns += 1
        for name in clusters:
            self._by_cluster[name] = (self._turns, says)
        return self._turns

    def overtaken(self, clusters: tuple[str, ...], turn: int) -> str:
        """What the later change is, where all of these clusters have been changed since that turn; else empty."""
        with self.lock:
            later = [self._by_cluster[name] for name in clusters]
        return max(later)[1] if later and all(number > turn for number, _ in later) else ""
