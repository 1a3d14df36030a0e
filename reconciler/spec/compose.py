"""Text becomes a tree of nodes, from the parser's events: what YAML can do and we don't want is refused on
the way.

Before: decode. After: parse and edit. Working on events, not on a finished graph, means that an alias is
refused before anything is expanded, and that depth and size are bounded while reading. The only importer of
ruamel.yaml.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from reconciler.errors import SpecError
from reconciler.spec.nodes import Broken, Document, Mapping, Node, Scalar, Sequence, core_value, document
from reconciler.spec.report import Path, Report, TooManyError, printable
from reconciler.spec.syntax import note_syntax

_DEEPEST = 16
_MOST_NODES = 2000
_BRACKETS = re.compile(r"[\[\]{}]")
_SURROGATES = range(0xD800, 0xE000)


def compose(text: str, report: Report) -> Document:
    """The document's tree; what can be read on with is noted in the report. Raises SpecError where it can't
    go on.
    """
    _refuse_brackets(text, report.file)
    try:
        return document(_Reader(text, report).root())
    except TooManyError:
        raise SpecError(report.problems) from None


def _refuse_brackets(text: str, file: str) -> None:
    """The scanner looks far ahead over open brackets, at a cost that grows with their square.

    Where there seem to be many (some may be quoted), the beginning is read by itself first: what is too deep
    there is too deep.
    """
    opened = 0
    for found in _BRACKETS.finditer(text):
        opened = max(0, opened + (1 if found[0] in "[{" else -1))
        if opened > 2 * _DEEPEST:
            trial = Report(file, text)
            reader = _Reader(text[: found.end()], trial)
            with suppress(TooManyError):
                reader.root()
            if reader.too_deep:
                raise SpecError(trial.problems)
            return


class _Reader:
    def __init__(self, text: str, report: Report) -> None:
        self._text = text
        self._report = report
        self._events = self._guarded()
        self._nodes = 0
        self._depth = 0
        self.too_deep = False

    def root(self) -> Node:
        """The only document's root."""
        self._directives()
        for event in self._events:
            if _kind(event) == "DocumentStartEvent":
                break
        else:
            self._stop(0, (), "the file holds nothing", "delete the file to remove the cluster")
        node = self._node(next(self._events), ())
        next(self._events)  # the document's end
        after = next(self._events)
        if _kind(after) != "StreamEndEvent":
            offset = after.start_mark.index
            self._report.add(
                offset,
                (),
                "a second document begins here",
                "one file, one cluster: make it a file of its own",
            )
            raise TooManyError
        return node

    def _directives(self) -> None:
        # Only in front of the first `---`; what looks like one later is text or the parser's syntax error.
        offset = 0
        for line in self._text.splitlines(keepends=True):
            if line.startswith("%") and line.split() != ["%YAML", "1.2"]:
                self._stop(offset, (), "YAML directives are not used here", "remove this line; specs are YAML 1.2")
            if not line.startswith(("%", "#")) and line.strip():
                return
            offset += len(line)

    def _guarded(self) -> Iterator[Any]:
        """The parser's events. Whatever it raises, of its own or by accident, is a problem of the text."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        accidents = (ValueError, LookupError, TypeError, AttributeError, AssertionError, NotImplementedError)
        try:
            yield from YAML(typ="safe", pure=True).parse(self._text)
        except (YAMLError, *accidents) as error:
            note_syntax(error, self._text, self._report)
            raise TooManyError from None

    def _stop(self, offset: int, path: Path, problem: str, fix: str) -> None:
        self._report.add(offset, path, problem, fix)
        raise TooManyError

    def _node(self, event: Any, path: Path) -> Node:
        start = event.start_mark.index
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            self._stop(start, (), f"more than {_MOST_NODES} values", "a spec describes one cluster: split it")
        if self._depth > _DEEPEST:
            self.too_deep = True
            self._stop(
                start,
                (),
                f"nested more than {_DEEPEST} levels deep",
                "no spec needs that; see `reconciler schema`",
            )
        kind = _kind(event)
        if kind == "AliasEvent":
            self._report.add(start, path, f"the alias `*{printable(event.anchor)}` is forbidden", "write the value out")
            return Broken(start, event.end_mark.index)
        refused = self._refuse_properties(event, path)
        if kind == "ScalarEvent":
            node: Node = self._scalar(event, path)
        else:
            self._depth += 1
            node = self._sequence(event, path) if kind == "SequenceStartEvent" else self._mapping(event, path)
            self._depth -= 1
        return Broken(node.start, node.end) if refused else node

    def _refuse_properties(self, event: Any, path: Path) -> bool:
        """Anchors and tags; True where the value can't be looked at further."""
        start = event.start_mark.index
        if event.anchor is not None:
            name = printable(event.anchor)
            self._report.add(start, path, f"the anchor `&{name}` is forbidden", "remove it; write repeated values out")
        if event.tag is not None:
            tag = printable(_written_tag(self._text, start, str(event.tag)))
            self._report.add(start, path, f"the tag `{tag}` is forbidden", "remove it; values are plain YAML")
        return event.tag is not None

    def _scalar(self, event: Any, path: Path) -> Scalar | Broken:
        start, end, text = event.start_mark.index, event.end_mark.index, str(event.value)
        if any(character == "\0" or ord(character) in _SURROGATES for character in text):
            self._report.add(start, path, "an escape makes a character that text can't hold", "remove it")
            return Broken(start, end)
        unquoted = event.style in (None, "")
        value = core_value(text) if unquoted else text
        if isinstance(value, float) and value != value:  # noqa: PLR0124  only NaN differs from itself
            self._report.add(start, path, f"`{text}` is not a number that can be used", "give a plain number")
            return Broken(start, end)
        return Scalar(text, value, start, end, block=event.style in ("|", ">"))

    def _sequence(self, event: Any, path: Path) -> Sequence:
        items: list[Node] = []
        for inner in self._events:
            if _kind(inner) == "SequenceEndEvent":
                return Sequence(tuple(items), event.start_mark.index, inner.end_mark.index, bool(event.flow_style))
            items.append(self._node(inner, (*path, len(items))))
        raise AssertionError("the parser closes every sequence")

    def _mapping(self, event: Any, path: Path) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for inner in self._events:
            if _kind(inner) == "MappingEndEvent":
                return Mapping(
                    tuple(entries.values()),
                    event.start_mark.index,
                    inner.end_mark.index,
                    bool(event.flow_style),
                )
            key = self._key(inner, path)
            name = key.text if key else "?"
            value = self._node(next(self._events), (*path, name))
            if key and self._is_new(key, entries, path):
                entries[name] = (key, self._placed(value, key))
        raise AssertionError("the parser closes every mapping")

    def _placed(self, value: Node, key: Scalar) -> Node:
        """The parser sees a value that isn't there only at the next token; its place is behind the key's
        colon.
        """
        if isinstance(value, Scalar) and value.start == value.end:
            behind = self._text.find(":", key.end) + 1
            return Scalar(value.text, value.value, behind, behind)
        return value

    def _key(self, event: Any, path: Path) -> Scalar | None:
        node = self._node(event, path)
        if isinstance(node, Scalar) and node.text == "<<":
            self._report.add(node.start, path, "the merge key `<<` is forbidden", "write the keys out")
            return None
        if isinstance(node, Scalar) and node.text:
            return node
        if not isinstance(node, Broken):
            self._report.add(node.start, path, "a key must be a word", "write `key: value`")
        return None

    def _is_new(self, key: Scalar, entries: dict[str, tuple[Scalar, Node]], path: Path) -> bool:
        if key.text not in entries:
            return True
        first, _ = self._report.lines.place(entries[key.text][0].start)
        second, _ = self._report.lines.place(key.start)
        problem = f"given twice, in line {first} and in line {second}"
        self._report.add(key.start, (*path, key.text), problem, "keep one of them")
        return False


def _kind(event: Any) -> str:
    return type(event).__name__


def _written_tag(text: str, start: int, resolved: str) -> str:
    """The tag as it stands in the file, which is what its author can find; the resolved one where an anchor
    is first.
    """
    words = text[start : start + 200].split(maxsplit=1)
    return words[0] if words and words[0].startswith("!") else resolved
