"""The way back from encode: JSON values become our frozen values again, checked field by field.

Before: the client. After: the command line, which prints them as if it had made them itself.
Unknown keys are passed over, so that a client may be older than the loop; another shape raises ShapeError.
"""

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from reconciler.errors import Problem
from reconciler.plan.status import ClusterStatus, Condition, InstanceStatus, WorldStatus
from reconciler.state.event import Event

if TYPE_CHECKING:
    from reconciler.plan.actions import Action
    from reconciler.plan.lookup import NameStatus
    from reconciler.plan.plan import Plan
    from reconciler.state.revisions import KeptRevision

T = TypeVar("T")


class ShapeError(ValueError):
    """The JSON isn't what this version expects there."""


def status(data: Any) -> WorldStatus:
    """What encode.status_dict made."""
    world = _mapping(data)
    loop = _mapping(world.get("loop", {}))
    flat = {
        **world,
        "clusters": [],
        "loop_running": loop.get("running", False),
        "loop_pid": loop.get("pid"),
        "specs": loop.get("specs", ""),
    }
    bare = build(WorldStatus, flat)
    clusters = tuple(_cluster(item) for item in _list(world.get("clusters", [])))
    return _with(bare, clusters=clusters)


def plan(data: Any) -> "Plan":
    """What encode.plan_dict made."""
    # Only here: `status` has no use for actions and specs, and their import takes its time.
    from reconciler.plan.plan import Plan

    given = _mapping(data)
    bare = build(Plan, {**given, "actions": []})
    return _with(bare, actions=tuple(_action(item) for item in _list(given.get("actions", []))))


def name(data: Any) -> "NameStatus":
    """What encode.name_dict made."""
    from reconciler.plan.lookup import NameRow, NameStatus

    given = _mapping(data)
    rows = tuple(build(NameRow, _mapping(row)) for row in _list(given.get("rows", [])))
    return _with(build(NameStatus, {**given, "rows": []}), rows=rows)


def event(data: Any) -> Event:
    """What encode.event_dict made."""
    return build(Event, _mapping(data))


def revision(data: Any) -> "KeptRevision":
    """What encode.revision_dict made."""
    from reconciler.state.revisions import KeptRevision

    given = _mapping(data)
    bare = build(KeptRevision, {**given, "version": given, "text": b""})
    text = given.get("text", "")
    if not isinstance(text, str):
        raise _wrong(text, "KeptRevision.text")
    return _with(bare, text=text.encode())


def problem(data: Any) -> Problem:
    """What encode.problem_dict made."""
    return build(Problem, _mapping(data))


def build(kind: type[T], data: Mapping[str, Any]) -> T:
    """A value of `kind` from its fields by name; ShapeError where one is missing or of another kind."""
    values = {}
    for field, hint in _hints(cast("Hashable", kind)):
        if field.name in data:
            values[field.name] = _value(hint, data[field.name], f"{kind.__name__}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ShapeError(f"{kind.__name__}.{field.name} is missing")
    return kind(**values)


def _cluster(data: Any) -> ClusterStatus:
    given = _mapping(data)
    bare = build(ClusterStatus, {**given, "conditions": [], "instances": []})
    return _with(
        bare,
        conditions=tuple(_condition(item) for item in _list(given.get("conditions", []))),
        instances=tuple(build(InstanceStatus, _mapping(i)) for i in _list(given.get("instances", []))),
    )


def _condition(data: Any) -> Condition:
    given = _mapping(data)
    changed = given.get("lastTransitionTime")
    return build(
        Condition,
        {
            **given,
            "observed_generation": given.get("observedGeneration", 0),
            "last_transition_time": datetime.fromisoformat(changed).timestamp() if changed else 0.0,
        },
    )


def _action(data: Any) -> "Action":
    from reconciler.plan.actions import Action

    given = _mapping(data)
    kind = next((kind for kind in get_args(Action) if kind.kind == given.get("kind")), None)
    if kind is None:
        raise ShapeError(f"{given.get('kind')!r} is no kind of action")
    return cast("Action", build(kind, given))


def _with(value: T, **changes: Any) -> T:
    return replace(value, **changes)  # type: ignore[type-var]


@cache
def _hints(kind: Any) -> tuple[tuple[Any, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in fields(kind))


def _value(hint: Any, data: Any, where: str) -> Any:
    """`data` as the annotation wants it: the few kinds of annotation that our values use."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if data is None and NoneType in arguments:
            return None
        return _value(next(a for a in arguments if a is not NoneType), data, where)
    if origin is tuple:
        return tuple(_value(arguments[0], item, where) for item in _list(data))
    if origin is Literal:
        if data not in arguments:
            raise _wrong(data, where)
        return data
    if origin is not None and issubclass(origin, Mapping):
        return {key: _value(arguments[1], item, where) for key, item in _mapping(data).items()}
    return _single(hint, data, where)


def _single(hint: Any, data: Any, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return build(hint, _mapping(data))
    if isinstance(hint, type) and issubclass(hint, Enum):
        if data not in [member.value for member in hint]:
            raise _wrong(data, where)
        return hint(data)
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if isinstance(data, bool) and hint is not bool:
        raise _wrong(data, where)
    if not isinstance(data, hint):
        raise _wrong(data, where)
    return data


def _wrong(data: Any, where: str) -> "ShapeError":
    return ShapeError(f"{where} can't be {data!r}")


def _mapping(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ShapeError(f"an object was expected, not {type(data).__name__}")
    return data


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ShapeError(f"a list was expected, not {type(data).__name__}")
    return data
