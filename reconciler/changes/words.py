"""A wish in words, as operations, events and pages say it: `resize webapp to 5`. Pure."""

from collections.abc import Sequence

from reconciler.changes.wishes import (
    Apply,
    Delete,
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
    Wish,
    Write,
)

_MOST = 4


def says(wish: Wish, revision: str = "") -> str:
    """`revision` is the one that a judgement or an undo turned out to be about."""
    match wish:
        case Resize():
            return f"resize {wish.name} to {wish.size}"
        case NextGroup():
            changes = ", ".join(_changes(wish))
            return f"next group of {wish.name}" + (f": {changes}" if changes else "")
        case Traffic():
            return f"lead traffic to {wish.name}" if wish.on else f"lead no traffic to {wish.name}"
        case Promote():
            return f"promote {revision} of {wish.name}" if revision else f"promote {wish.name}"
        case Undo():
            goal = revision or wish.to
            return f"take {wish.name} back" + (f" to {goal}" if goal else "")
        case Write():
            return f"write {wish.file}"
        case Apply():
            return f"apply {listed(sorted(wish.files))}" + (" and remove all others" if wish.prune else "")
        case Delete():
            return f"delete {listed(tuple(dict.fromkeys(wish.names)))}"
    return _plainly(wish)


def _plainly(wish: Suspend | Resume | Restart | Pause | GoOn) -> str:
    match wish:
        case Pause():
            return f"pause the rollout of {wish.name}"
        case GoOn():
            return f"go on with the rollout of {wish.name}"
    return f"{wish.kind} {wish.name}"


def _changes(wish: NextGroup) -> list[str]:
    """Names of variables only: their values may be what not everybody should read."""
    found = [f"image {wish.image}"] if wish.image else []
    found += [f"without {name}" if value is None else name for name, value in wish.environment.items()]
    return found + ([wish.strategy] if wish.strategy else [])


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of many only the first few, and how many more."""
    if len(names) > _MOST + 1:
        return f"{', '.join(names[:_MOST])} and {len(names) - _MOST} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
