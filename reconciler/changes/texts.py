"""What a wish about one cluster makes of its file's text: a few values set, comments and all else kept. Pure.

Before: workshop, which has read the file. After: spec.edit, spec.remove, spec.put_back. Whatever has to be known of the
loop or the clock comes as `Known`, and is asked only by those wishes that need it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.changes.going_back import goal_of_undo, text_of
from reconciler.changes.spec_text import SpecText, instances_only
from reconciler.changes.wishes import (
    GoOn,
    NextGroup,
    Pause,
    Promote,
    Resize,
    Restart,
    Resume,
    Suspend,
    Traffic,
    Undo,
)
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.status import ClusterStatus, WorldStatus
from reconciler.spec.edit import Value, set_key
from reconciler.spec.put_back import put_back
from reconciler.spec.remove import remove_key
from reconciler.state.revisions import KeptRevision

OneCluster = Resize | NextGroup | Suspend | Resume | Traffic | Restart | Pause | GoOn | Promote | Undo
"""Wishes that edit the one file of a cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`revisions` of a cluster, newest first, and `status`: each may raise ReconcilerError. `now` is Unix seconds."""

    revisions: Callable[[str], Sequence[KeptRevision]]
    status: Callable[[], WorldStatus]
    now: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The new text. `revision` is the one that a judgement or an undo turned out to be about, else empty."""

    text: str
    revision: str = ""


def make(wish: OneCluster, before: SpecText, known: Known) -> Made:
    """The new text for a wish. Raises UsageError or ReconcilerError where it can't be."""
    match wish:
        case Resize():
            instances_only(before.spec, "size to set")
            return Made(text=_set(before, ("size",), wish.size))
        case NextGroup():
            return Made(text=_next_group(wish, before))
        case Suspend() | Resume():
            return Made(text=_switched(before, ("suspend",), before.spec.suspend, isinstance(wish, Suspend)))
        case Traffic():
            instances_only(before.spec, "traffic")
            return Made(text=_switched(before, ("traffic",), before.spec.traffic, wish.on))
    instances_only(before.spec, "rollouts")
    return _of_rollout(wish, before, known)


def _of_rollout(wish: Restart | Pause | GoOn | Promote | Undo, before: SpecText, known: Known) -> Made:
    match wish:
        case Restart():
            return Made(text=_set(before, ("rollout", "restarted"), _instant(known.now())))
        case Pause() | GoOn():
            return Made(
                text=_switched(before, ("rollout", "paused"), before.spec.rollout.paused, isinstance(wish, Pause))
            )
        case Promote():
            label = _promotable(wish.name, known.status())
            return Made(text=_set(before, ("rollout", "promoted"), label), revision=label)
        case Undo():
            return _undone(wish, before, known)


def _set(before: SpecText, path: tuple[str, ...], value: Value) -> str:
    return set_key(before.text, path, value, file=before.file)


def _switched(before: SpecText, path: tuple[str, ...], present: Value, wanted: Value) -> str:
    """As it is where it says so already, be it by not saying it."""
    return before.text if present == wanted else _set(before, path, wanted)


def _next_group(wish: NextGroup, before: SpecText) -> str:
    spec, text = before.spec, before.text
    if wish.image and wish.image != spec.image:
        text = set_key(text, "image", wish.image, file=before.file)
    for name, value in wish.environment.items():
        if value is not None and spec.environment.get(name) != value:
            text = set_key(text, ("environment", name), value, file=before.file)
    for (
        name,
        value,
    ) in wish.environment.items():  # last: with the last variable the mapping goes, and what is said of it
        if value is None:
            text = remove_key(text, ("environment", name), file=before.file)
    if wish.strategy and wish.strategy != spec.rollout.strategy:
        instances_only(spec, "rollouts")
        text = set_key(text, ("rollout", "strategy"), wish.strategy, file=before.file)
    return text


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _undone(wish: Undo, before: SpecText, known: Known) -> Made:
    if wish.to:
        insist_on_label(wish.name, wish.to)
    seen = None
    with suppress(ReconcilerError):  # gone, or not to be seen: the history stands without
        seen = _find(wish.name, known.status())
    revisions = known.revisions(wish.name)
    if not revisions:
        raise ReconcilerError(f"{wish.name} has no history: no revision of it is known (nothing was changed)")
    kept = goal_of_undo(revisions, wish.to or None, before, seen.rollout if seen else None)
    text = put_back(before.text, text_of(kept), file=before.file)
    if before.spec.rollout.promoted not in ("", kept.revision):  # taken back: it is judged anew should it come again
        with suppress(UsageError):  # to go back matters more than this
            text = remove_key(text, ("rollout", "promoted"), file=before.file)
    return Made(text=text, revision=kept.revision)


def _find(name: str, world: WorldStatus) -> ClusterStatus | None:
    return next((cluster for cluster in world.clusters if cluster.name == name), None)


def _promotable(name: str, world: WorldStatus) -> str:
    """The revision whose canaries stand, or whose group is judged. Raises ReconcilerError: what stands instead."""
    cluster = _find(name, world)
    rollout = cluster.rollout if cluster else None
    if rollout is not None and rollout.promotable:
        return rollout.revision
    what = "nothing is rolled out" if rollout is None else f"{rollout.revision} is {rollout.phase.value}"
    raise ReconcilerError(f"{name}: no canary and no group stands that could be promoted: {what} (nothing was changed)")


def insist_on_label(name: str, label: str) -> None:
    """Raises UsageError for what isn't a revision's name."""
    if not (len(label) == 4 and label[0] == "v" and label[1:].isdecimal() and label.isascii()):
        raise UsageError(f"{label}: no revision looks like that; `reconciler rollout history {name}` shows those known")
