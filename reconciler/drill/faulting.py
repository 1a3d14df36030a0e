"""The faults of a drill's steps: keys of the file become chaos' own values.

Before: building. After: chaos.prepare, which judges them against an environment. What makes no sense anywhere is
said here, with its place.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.chaos.faults import (
    DEFAULT_SECONDS,
    Agent,
    Aimed,
    Burn,
    Dns,
    Fault,
    Fill,
    Freeze,
    Gorilla,
    Loss,
    Monkey,
    SplitBrain,
    Target,
)
from reconciler.spec.report import Path
from reconciler.spec.values import Values

_AIMED: Mapping[str, type[Aimed]] = {
    "freeze": Freeze,
    "loss": Loss,
    "dns": Dns,
    "agent": Agent,
    "burn": Burn,
    "fill": Fill,
}


def fault_of(values: Values, kind: str, where: Path) -> Fault:
    """The fault that the mapping at `where` describes. Only to be used where the report is empty afterwards."""
    spare = values.flag(*where, "spare")
    if kind == "monkey":
        return Monkey(
            cluster=_name(values, where, "cluster"), zone=_name(values, where, "zone"), seed=_seed(values, where)
        )
    seconds = values.seconds(DEFAULT_SECONDS, *where, "for")
    if kind == "gorilla":
        keep_down = _keeps_down(values, where)
        zone = values.text("", *where, "zone")
        return Gorilla(zone=zone, keep_down=keep_down, seconds=seconds, spare=spare)
    if kind == "split-brain":
        sides = tuple(_words(values, side) for side in values.items(*where, "sides"))
        return SplitBrain(shape=values.plain("halves", *where, "shape"), sides=sides, seconds=seconds, spare=spare)
    own = _own_settings(values, kind, where)
    return _AIMED[kind](target=_target(values, where), seconds=seconds, spare=spare, **own)


def share(values: Values, default: Any, *path: str | int) -> Any:
    """A percentage as a share from 0 to 1."""
    if not values.has(*path):
        return default
    percent = float(values.text("0%", *path).removesuffix("%"))
    if percent > 100:  # the whole
        values.problem(path, f"{percent:g} % is more than all", "use 0% to 100%")
    return percent / 100


def _own_settings(values: Values, kind: str, where: Path) -> dict[str, Any]:
    """What only this kind of fault has."""
    if kind == "loss":
        percent = share(values, 1.0, *where, "percent") * 100
        if not percent:
            values.problem((*where, "percent"), "nothing would be lost", "give more than 0%")
        return {"percent": percent}
    if kind == "burn":
        return {"workers": values.whole(1, *where, "workers")}
    if kind == "fill":
        path = values.text("/tmp", *where, "path")  # noqa: S108  # inside the victim
        if not path.startswith("/") or ".." in path.split("/"):
            values.problem((*where, "path"), "not an absolute path", "write it like /var/lib/data, without `..`")
        return {"size_bytes": values.size_bytes(0, *where, "size") or 0, "path": path}
    return {}


def _target(values: Values, where: Path) -> Target:
    given = [key for key in ("cluster", "instance") if values.given(*where, key)]
    if len(given) > 1:
        values.problem(where, "`cluster` and `instance` at once", "an instance's name says its cluster: give one")
    if not given and not values.given(*where, "zone"):
        values.problem(where, "it doesn't say whom it hits", "give `cluster`, `instance` or `zone`")
    if values.given(*where, "seed") and not values.flag(*where, "one"):
        values.problem((*where, "seed"), "all of them are hit, there is no choice", "add `one: true`, or remove it")
    name = _name(values, where, "cluster") or _name(values, where, "instance")
    zone = _name(values, where, "zone")
    return Target(name=name, zone=zone, one=values.flag(*where, "one"), seed=_seed(values, where))


def _keeps_down(values: Values, where: Path) -> bool:
    keep_down = values.flag(*where, "keep_down")
    for key in ("for", "meanwhile"):
        if values.given(*where, key) and not keep_down:
            fix = "remove it, or add `keep_down: true`"
            values.problem((*where, key), "a kill is over at once", fix, at_key=True)
    if keep_down and not values.given(*where, "for"):
        values.problem((*where, "keep_down"), "the zone would stay closed", "add `for: 30s`", at_key=True)
    return keep_down


def _name(values: Values, where: Path, key: str) -> str | None:
    return values.text("", *where, key) or None


def _seed(values: Values, where: Path) -> int | None:
    seed: int | None = values.plain(None, *where, "seed")
    return seed


def _words(values: Values, path: Path) -> tuple[str, ...]:
    return tuple(values.text("", *item) for item in values.items(*path))
