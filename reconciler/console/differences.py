"""What differs between two specs of one cluster, field by field, named as in the file.

Before: two ClusterSpecs. After: plan_view, which prints them. Secrets differ by their file's name only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from reconciler.spec.cluster import ClusterSpec, Stop, Task
from reconciler.spec.elsewhere import NOT_OF_A_TASK

_NOTHING = "(none)"
_NOT_OF_A_TASK = NOT_OF_A_TASK.keys() | {"size"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that changes: `field` is its path (`environment.LOG_LEVEL`), the values are text."""

    field: str
    before: str
    after: str


def differences(before: ClusterSpec | None, after: ClusterSpec | None) -> tuple[Difference, ...]:
    """Every field that isn't the same in both; all of the present one's own where the other is None."""
    old = _fields(before) if before else {}
    new = _fields(after) if after else {}
    if before is None or after is None:
        # A cluster that comes or goes: defaults would only hide what somebody wrote.
        base = _defaults(before or after)
        old, new = ({k: v for k, v in side.items() if base.get(k) != v} for side in (old, new))
    return tuple(
        Difference(field=key, before=old.get(key, _NOTHING), after=new.get(key, _NOTHING))
        for key in sorted(old.keys() | new.keys())
        if key != "name" and old.get(key, _NOTHING) != new.get(key, _NOTHING)
    )


def _fields(spec: ClusterSpec) -> dict[str, str]:
    """As its file has them: a task's own stand beside the others, and it has none of those that it can't have."""
    flat = dict(_flat("", spec))
    if spec.task is None:
        return flat
    own = {
        key.removeprefix("task."): value for key, value in flat.items() if key.partition(".")[0] not in _NOT_OF_A_TASK
    }
    return {"kind": "TaskSpec", **own}


def _defaults(spec: ClusterSpec | None) -> dict[str, str]:
    base = ClusterSpec(name="", image="", size=0)
    if spec is None or spec.task is None:
        return _fields(base)
    given = _fields(replace(base, task=Task(), stop=Stop(drain_seconds=0.0)))
    return {key: value for key, value in given.items() if key != "kind"}


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            inner = getattr(value, item.name)
            if inner != "":  # nothing was written
                yield from _flat(_join(path, item.name.removesuffix("_seconds")), inner)
    elif isinstance(value, Mapping):
        for key in value:
            yield from _flat(_join(path, str(key)), value[key])
    elif isinstance(value, tuple):
        yield path, _listed(value)
    elif value is not None:
        yield path, _plain(value)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _listed(values: tuple[Any, ...]) -> str:
    if not values:
        return _NOTHING
    return "[" + ", ".join(_record(v) if is_dataclass(v) else _plain(v) for v in values) + "]"


def _record(value: Any) -> str:
    pairs = ((item.name, getattr(value, item.name)) for item in fields(value))
    return "{" + ", ".join(f"{name}: {_plain(v)}" for name, v in pairs if v is not None) + "}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value == "":
        return '""'  # of a variable: it is set, to nothing
    return f"{value:g}" if isinstance(value, float) else str(value)
