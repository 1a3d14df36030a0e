"""What a helper is told at its start: one JSON document in the environment. Pure."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

VARIABLE = "RECONCILER_FAULT"
LONGEST_SECONDS = 7200.0


class Unusable(Exception):
    """The settings or a request make no sense, or the fault can't be done here; the text says why."""


class Settings(NamedTuple):
    """`id` is the fault's; `seconds`: how long it lasts at most, from the helper's start; `own`: those of its kind."""

    id: str
    kind: str
    seconds: float
    own: Mapping[str, Any]


def read(environ: Mapping[str, str]) -> Settings:
    """Raises Unusable."""
    try:
        found = json.loads(environ.get(VARIABLE, ""))
    except ValueError as error:
        raise Unusable(f"{VARIABLE} holds no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unusable(f"{VARIABLE} holds no JSON object")
    own = {key: value for key, value in found.items() if key not in {"id", "kind", "seconds"}}
    id_, kind, seconds = found.get("id"), found.get("kind"), found.get("seconds")
    if not isinstance(id_, str) or not (id_.isascii() and id_.isalnum() and len(id_) <= 20):
        raise Unusable(f"id {id_!r} is none of up to 20 letters and digits")
    if not isinstance(kind, str):
        raise Unusable(f"kind {kind!r} is no text")
    return Settings(id_, kind, number(seconds, "seconds", 0.1, LONGEST_SECONDS), own)


def number(value: object, name: str, least: float, most: float) -> float:
    """A number in its range. Raises Unusable."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Unusable(f"{name} {value!r} is not within {least:g} to {most:g}")
    return float(value)
