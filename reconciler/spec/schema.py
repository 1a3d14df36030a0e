"""The format as a JSON Schema (2020-12): the file beside this module, as text for editors and as a validator
for parse.

Before: nothing. After: parse, which translates what the validator finds into sentences; drill.reading, which has
a schema of its own; `reconciler schema`, which prints the text. Two keywords are ours and mean nothing to other
tools: `x-seconds` and `x-bytes`, the least and the greatest duration or size in the format's own notation.
`patternErrorMessage` is the sentence that editors show too.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from reconciler.spec.units import MalformedError, parse_bytes, parse_seconds

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


def schema_text() -> str:
    """The schema as it is on disk, for editors and `reconciler schema`."""
    return resources.files("reconciler.spec").joinpath("schema.json").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """The schema as a mapping; shared, so treat it as frozen."""
    loaded: Mapping[str, Any] = json.loads(schema_text())
    return loaded


@lru_cache(maxsize=1)
def validator() -> "Validator":
    """The compiled schema of specs."""
    return compiled(schema())


def compiled(form: Mapping[str, Any]) -> "Validator":
    """A schema with our own keywords. The import is late: it costs more than all the rest of parsing."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    extended: Any = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"x-seconds": _seconds_between, "x-bytes": _bytes_between}
    )
    made: Validator = extended(form)
    return made


def _seconds_between(
    _validator: object, bounds: list[str], instance: object, _schema: object
) -> Iterator["ValidationError"]:
    if isinstance(instance, str):
        yield from _between(instance, bounds, parse_seconds)


def _bytes_between(
    _validator: object, bounds: list[str], instance: object, _schema: object
) -> Iterator["ValidationError"]:
    if isinstance(instance, str | int) and not isinstance(instance, bool):
        yield from _between(instance, bounds, parse_bytes)


def _between(instance: str | int, bounds: list[str], read: Any) -> Iterator["ValidationError"]:
    from jsonschema import ValidationError

    try:
        value = read(instance)
    except MalformedError:
        return  # the pattern's message says it better
    least, greatest = bounds
    if not read(least) <= value <= read(greatest):
        yield ValidationError(f"must be between {least} and {greatest}")
