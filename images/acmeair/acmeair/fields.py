"""A request's body, as fields; and the few forms that a field can have. Pure.

Every failure is a Refusal that names the field.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from acmeair.errors import Refusal, bad

LONGEST = 200  # characters of a field: nothing that is typed here is longer
AIRPORT = re.compile(r"[A-Z]{3}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_body(content_type: str, body: bytes) -> dict[str, Any]:
    """The body's fields: JSON or a form."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _json(body)
    if kind == "application/x-www-form-urlencoded":
        return dict(_form(body))
    raise Refusal(415, "wrong_type", "Send application/json or application/x-www-form-urlencoded.")


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad("bad_json", "The body is no JSON.") from error
    if not isinstance(value, dict):
        raise bad("bad_json", "The body has to be a JSON object.")
    return value


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=50
        )
    except ValueError as error:
        raise bad("bad_form", "The body is no form: name=value&name=value, percent-encoded UTF-8.") from error
    if len({name for name, _ in pairs}) != len(pairs):
        raise bad("bad_form", "A field is there twice.")
    return pairs


def text(fields: Mapping[str, Any], name: str, *, longest: int = LONGEST) -> str:
    """A text that has to be there."""
    value = fields.get(name)
    if value is None or value == "":
        raise bad("missing_field", f"{name} is missing.")
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise bad("bad_field", f"{name} has to be a text of at most {longest} printable characters.")
    return value


def flag(fields: Mapping[str, Any], name: str) -> bool:
    """True or false; false when it isn't there."""
    value = fields.get(name, False)
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise bad("bad_field", f"{name} has to be true or false.")


def airport(fields: Mapping[str, Any], name: str) -> str:
    """An airport's code, in capitals."""
    code = text(fields, name).upper()
    if not AIRPORT.fullmatch(code):
        raise bad("bad_field", f"{name} has to be an airport's code of three letters, such as LHR.")
    return code


def day(fields: Mapping[str, Any], name: str) -> date:
    """A day of the calendar."""
    value = text(fields, name)
    try:
        if DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass  # such as 30 February: the same answer as for what is no date at all
    raise bad("bad_date", f"{name} has to be a day such as 2026-11-29.")
