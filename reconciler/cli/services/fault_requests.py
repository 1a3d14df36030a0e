"""From a request for a fault, as the API and the forms make it, to the fault that is meant. Pure.

Before: services.faults. After: chaos.faults. The names and defaults are those of the command line; what is wrong is
said in one line for each field: `field: sentence`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from random import Random
from typing import Any

from reconciler.chaos.faults import (
    KINDS,
    SHAPES,
    Agent,
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
    Targeted,
)
from reconciler.errors import UsageError
from reconciler.spec.units import MalformedError, parse_bytes, parse_seconds

_SEEDS = 2**32
_MOST_TEXT = 256
_TYPES: Mapping[str, type[Any]] = {
    kind.kind: kind for kind in (Monkey, Gorilla, SplitBrain, Freeze, Loss, Dns, Agent, Burn, Fill)
}
_AIMS = ("name", "zone", "one", "seed")
_OTHER_NAMES = {"size_bytes": "size"}
_NEEDED = {Gorilla: ("zone",), SplitBrain: ("shape",)}


class WrongError(ValueError):
    """A field's value isn't what it should be; the message is the sentence."""


def fault_of(request: Mapping[str, Any], rng: Random) -> Fault:
    """The fault. Where chance picks the victim and no seed is given, `rng` draws it. Raises UsageError."""
    kind = request.get("kind")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise UsageError(f"kind: there is no fault {kind!r}; there are {', '.join(KINDS)}")
    made = _TYPES[kind]
    known = _fields(made)
    given = {name: value for name, value in request.items() if name != "kind" and value is not None}
    wrong = [f"{name}: a {kind} has no such field; it has {', '.join(known)}" for name in given if name not in known]
    values: dict[str, Any] = {}
    for name in known:
        if name in given:
            try:
                values[name] = _READERS[name](given[name])
            except WrongError as error:
                wrong.append(f"{name}: {error}")
        elif name in _NEEDED.get(made, ()):
            wrong.append(f"{name}: a {kind} needs it")
    if issubclass(made, Targeted) and "seed" in values and not values.get("one"):
        wrong.append("seed: it chooses one of them: say `one`, or leave it out")
    if wrong:
        raise UsageError("\n".join(wrong))
    return _made(made, values, rng)


def _fields(made: type[Any]) -> tuple[str, ...]:
    own = tuple(_OTHER_NAMES.get(one.name, one.name) for one in fields(made) if one.name != "target")
    return (*_AIMS, *own) if issubclass(made, Targeted) else own


def _made(made: type[Any], values: dict[str, Any], rng: Random) -> Fault:
    if made is Monkey or values.get("one"):
        values.setdefault("seed", rng.randrange(_SEEDS))
    if issubclass(made, Targeted):
        values["target"] = Target(**{name: values.pop(name) for name in _AIMS if name in values})
    if "size" in values:
        values["size_bytes"] = values.pop("size")
    fault: Fault = made(**values)
    return fault


def seed_of(fault: Fault) -> int | None:
    """What chance was led by; None where nothing is left to it."""
    if isinstance(fault, Monkey):
        return fault.seed
    return fault.target.seed if isinstance(fault, Targeted) else None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > _MOST_TEXT or not value.isprintable():
        raise WrongError(f"one line of text was expected, with at most {_MOST_TEXT} characters")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongError("true or false was expected")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _SEEDS:
        raise WrongError(f"a whole number from 0 to {_SEEDS - 1} was expected")
    return value


def _number(value: object, below: float = 1e9) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < below:
        raise WrongError("a number was expected")
    return float(value)


def _seconds(value: object) -> float:
    if not isinstance(value, str):
        return _number(value)
    try:
        return float(parse_seconds(value))
    except MalformedError as error:
        raise WrongError(f"{value!r} is no duration; write 90s, 2m or 500ms, or a number of seconds") from error


def _size(value: object) -> int:
    if not isinstance(value, str):
        return int(_number(value, 2.0**50))
    try:
        return parse_bytes(value)
    except MalformedError as error:
        raise WrongError(f"{value!r} is no size; write it like 64MiB or 1GiB") from error


def _shape(value: object) -> str:
    if value not in SHAPES:
        raise WrongError(f"there is no shape {value!r}; there are {', '.join(SHAPES)}")
    return str(value)


def _sides(value: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(side, (list, tuple)) for side in value):
        raise WrongError('lists of zones were expected, such as [["az1"], ["az2", "az3"]]')
    return tuple(tuple(_text(zone) for zone in side) for side in value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "cluster": _text, "name": _text, "zone": _text, "path": _text, "one": _flag, "keep_down": _flag, "spare": _flag,
    "anyway": _flag, "seed": _whole, "workers": _whole, "percent": _number, "seconds": _seconds, "size": _size,
    "shape": _shape, "sides": _sides,
}  # fmt: skip
