"""What the JSON Schema validator finds, said in sentences with a place: one rule for each keyword of the
schema.

Before: parse (tree and validator). After: parse (the report). A keyword without a sentence here is a bug of
ours, and a test walks the schema to see that there is none.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from reconciler.spec.elsewhere import NOT_OF_A_TASK, VALUE_SYNONYMS
from reconciler.spec.names import label
from reconciler.spec.nodes import Document, core_value
from reconciler.spec.report import Path, Report, quoted, show_path
from reconciler.spec.schema import schema
from reconciler.spec.unknown import unknown

if TYPE_CHECKING:
    from jsonschema import ValidationError

_WANTED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_WRITE = {
    "string": "write a value, in quotes if it looks like a number",
    "integer": "write a number such as 3",
    "number": "write a number such as 0.5",
    "boolean": "write true or false",
    "array": "write [a, b] or lines beginning with `- `",
    "object": "write indented `key: value` lines",
}
_EXAMPLES = {
    "image": "`image: nginx:1.27`",
    "size": "`size: 1`",
    "port": "`port: 8080`",
    "enabled": "`enabled: true`",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One error of the validator: which keyword of which subschema refused which value, and what it
    wanted.
    """

    keyword: str
    path: Path
    value: Any
    wanted: Any
    schema: Mapping[str, Any]
    message: str


def finding(error: "ValidationError") -> Finding:
    return Finding(
        keyword=str(error.validator),
        path=tuple(error.absolute_path),
        value=error.instance,
        wanted=error.validator_value,
        schema=error.schema if isinstance(error.schema, dict) else {},
        message=error.message,
    )


class Sentences:
    """Notes the validator's errors of one document in its report."""

    def __init__(self, tree: Document, report: Report, form: Mapping[str, Any] | None = None) -> None:
        """`form` is the schema that found the errors; without it the spec's."""
        self._tree = tree
        self._report = report
        self._form = form

    def note(self, found: Finding) -> None:
        """Say one of them at its place, unless the place was refused before."""
        if self._tree.broken(found.path):
            return
        rule = _RULES[found.keyword]
        if rule is None:
            self._unknown_keys(found)
            return
        problem, fix = rule(found, self._tree)
        if found.keyword == "not":
            self._report.add(self._tree.key_at(found.path), found.path, problem, fix)
            return
        path = self._repeated(found) if found.keyword == "uniqueItems" else found.path
        self._report.add(self._tree.value_at(path), path, problem, fix)

    def _repeated(self, found: Finding) -> Path:
        """The place of the first item that was there before."""
        items: list[Any] = found.value
        return (*found.path, next((n for n, item in enumerate(items) if item in items[:n]), 0))

    def _unknown_keys(self, found: Finding) -> None:
        known: Mapping[str, Any] = found.schema["properties"]
        for key in found.value:
            if key not in known:
                place = (*found.path, key)
                problem, fix = unknown(key, place, known, self._form or schema())
                self._report.add(self._tree.key_at(place), place, problem, fix)


def _type(found: Finding, tree: Document) -> tuple[str, str]:
    wanted = found.wanted
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    value = found.value
    name = " or ".join(_WANTED[kind] for kind in kinds)
    if not found.path:
        return (
            f"a mapping is expected, not {_kind(value)}",
            "write `key: value` lines, beginning with `image:` and `size:`",
        )
    if value is None:
        return f"nothing is given; {name} is expected", "give a value or remove the key"
    if isinstance(value, str) and _unquotes_to(value, kinds):
        return f'"{value}" is text, not {name}', f"unquote it: {value}"
    if kinds == ["string"] and isinstance(value, int | float) and not isinstance(value, bool):
        return _number_for_text(value, tree.text(found.path), found)
    if kinds == ["string"] and isinstance(value, bool):
        return f"{tree.text(found.path)} is a boolean, not text", f'quote it: "{tree.text(found.path)}"'
    number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = quoted(tree.text(found.path) if number else value)
    return f"{name} is expected, not {shown}", _WRITE[kinds[0]]


def _number_for_text(value: float, written: str, found: Finding) -> tuple[str, str]:
    if "duration" in str(found.schema.get("patternErrorMessage", "")):
        return (
            f"{written} has no unit",
            f"write {written}s for seconds" if value >= 0 else "write 1s or 500ms",
        )
    if "percentage" in str(found.schema.get("patternErrorMessage", "")):
        return f"{written} has no %", f'write "{written}%"'
    return f"{written} is a number, not text", f'quote it: "{written}"'


def _unquotes_to(text: str, kinds: list[str]) -> bool:
    value = core_value(text.strip())
    if isinstance(value, bool):
        return "boolean" in kinds
    return isinstance(value, int | float) and math.isfinite(value) and ("number" in kinds or "integer" in kinds)


def _kind(value: Any) -> str:
    return quoted(value) if value is None or isinstance(value, list | dict) else "a single value"


def _described(value: Any) -> str:
    return quoted(value)


def _required(found: Finding, _tree: Document) -> tuple[str, str]:
    missing = [key for key in found.wanted if key not in found.value]
    # One error a key; the validator names the key only in its message, in the order of the list.
    key = next((key for key in missing if found.message.startswith(repr(key))), missing[0])
    return f"`{key}` is missing", f"add {_EXAMPLES.get(key) or _example(key, found)}"


def _example(key: str, found: Finding) -> str:
    """The one value that may stand there, or the schema's own first example where that is a single value."""
    inner = found.schema.get("properties", {}).get(key, {})
    shown = next(iter(inner.get("examples", ())), None)
    return f"`{key}: {inner.get('const', shown if isinstance(shown, str | int) else '…')}`"


def _enum(found: Finding, _tree: Document) -> tuple[str, str]:
    allowed = [str(value) for value in found.wanted]
    meant = VALUE_SYNONYMS.get(show_path(found.path), {}).get(str(found.value).lower())
    close = [meant] if meant else get_close_matches(str(found.value), allowed, n=1)
    fix = f"did you mean `{close[0]}`?" if close else f"write {', '.join(allowed[:-1])} or {allowed[-1]}"
    return f"{quoted(found.value)} is not one of {', '.join(allowed)}", fix


def _const(found: Finding, _tree: Document) -> tuple[str, str]:
    if found.path == ("size",):
        how = "`suspend: true` keeps it from running" if found.value == 0 else "it runs once at a time"
        return f"a task has size 1, not {quoted(found.value)}", f"leave `size` out; {how}"
    otherwise = ", or leave the key out" if "default" in found.schema else ""
    return f"{quoted(found.value)} is not known", f"write {found.wanted}{otherwise}"


def _of_the_other_kind(found: Finding, _tree: Document) -> tuple[str, str]:
    """`not` in the schema: a key of clusters in a task's file, or the other way round."""
    because = NOT_OF_A_TASK.get(str(found.path[-1]))
    if because is None:
        return "only a task has it", "remove it, or write `kind: TaskSpec`"
    return "a task doesn't have it", f"remove it: {because}"


def _minimum(found: Finding, tree: Document) -> tuple[str, str]:
    if found.path[:1] == ("ports",) or found.path[-1] == "port":
        return f"port {tree.text(found.path)} is out of range", "use 1 to 65535"
    return f"{tree.text(found.path)} is too small", f"use {found.wanted} or more"


def _maximum(found: Finding, tree: Document) -> tuple[str, str]:
    if found.path[:1] == ("ports",) or found.path[-1] == "port":
        return f"port {tree.text(found.path)} is out of range", "use 1 to 65535"
    return f"{quoted(tree.text(found.path))} exceeds the maximum", f"use {found.wanted} or less"


def _pattern(found: Finding, _tree: Document) -> tuple[str, str]:
    message = str(found.schema.get("patternErrorMessage", ""))
    if "DNS label" in message:
        said = label(found.value)
        assert said is not None, "the schema's pattern and the rule for labels agree"
        return said
    if "duration" in message and isinstance(core_value(found.value), int | float):
        return f"{quoted(found.value)} has no unit", f"write {found.value}s for seconds"
    what, _, examples = message.removeprefix("must be ").partition(" such as ")
    return f"{quoted(found.value)} is not {what}", f"write {what} such as {examples}"


def _min_length(_found: Finding, _tree: Document) -> tuple[str, str]:
    return "empty text", "give a value or remove the key"


def _max_length(found: Finding, _tree: Document) -> tuple[str, str]:
    return f"{len(found.value)} characters; at most {found.wanted} are possible", "shorten it"


def _min_items(_found: Finding, _tree: Document) -> tuple[str, str]:
    return "an empty list; at least one is needed", "name one or remove the key"


def _max_items(found: Finding, _tree: Document) -> tuple[str, str]:
    return f"{len(found.value)} items; at most {found.wanted} are possible", "remove some"


def _unique(found: Finding, _tree: Document) -> tuple[str, str]:
    seen: list[Any] = found.value
    twice = next((item for n, item in enumerate(seen) if item in seen[:n]), None)
    return f"{quoted(twice)} is a duplicate", "name each one once"


def _between(found: Finding, tree: Document) -> tuple[str, str]:
    least, greatest = found.wanted
    return f"{quoted(tree.text(found.path))} is out of range", f"use {least} to {greatest}"


Rule = Callable[[Finding, Document], tuple[str, str]]

_RULES: Mapping[str, Rule | None] = {
    "additionalProperties": None,
    "type": _type,
    "required": _required,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "maximum": _maximum,
    "pattern": _pattern,
    "minLength": _min_length,
    "maxLength": _max_length,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique,
    "x-seconds": _between,
    "x-bytes": _between,
    "not": _of_the_other_kind,
}
