"""Undo: what instances are made from and judged by is written as an earlier text has it, the rest stays byte for byte.

Before: `rollout undo`. After: whoever writes the file. Each key that differs is taken over with its lines and the
comment that is its own; of a mapping that has comments of later, only the entries that differ. The result is read
again, and given back only where it says what it should.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from reconciler.errors import SpecError, UsageError
from reconciler.spec.edit import set_key
from reconciler.spec.extents import BOM, Extent, extent, last_character, line_start, read_tree
from reconciler.spec.nodes import Document, Mapping, Node, Scalar, Sequence, plain
from reconciler.spec.remove import without

TEMPLATE_KEYS = (
    "image", "pull", "command", "environment", "ports", "secrets", "volumes", "resources", "ssh", "health", "stop",
    "discovery",
)  # fmt: skip
"""The keys that `ClusterSpec.dressed_as` takes; of `rollout` it takes `restarted` only."""

_COMMENT = re.compile(r"(?:^|\s)(#.*?)\s*$", re.MULTILINE)


def put_back(text: str, earlier: str, *, file: str = "<text>") -> str:
    """The text with the template of the earlier one.

    Raises SpecError where one of them can't be read, UsageError where it can't be done without touching more.
    """
    mark = BOM if text.startswith(BOM) else ""
    body, former = _Read.of(text[len(mark) :], file), _Read.of(earlier.removeprefix(BOM), file)
    present, wanted = body.data, _wanted(body.data, former.data)
    for key in TEMPLATE_KEYS:
        if present.get(key) != wanted.get(key) or (key in present) != (key in wanted):
            body = _checked(_exchanged(body, former, (key,)), file, key)
    body = _restart(body, wanted.get("rollout"), file)
    if body.data != wanted:
        keys = sorted(key for key in body.data.keys() | wanted.keys() if body.data.get(key) != wanted.get(key))
        raise _by_hand(file, ", ".join(keys))
    return mark + body.text


@dataclass(frozen=True, slots=True)
class _Read:
    """A text with its tree and what that says."""

    text: str
    tree: Document
    data: dict[str, Any]

    @classmethod
    def of(cls, text: str, file: str) -> "_Read":
        """Raises SpecError where it can't be read, UsageError where it is no mapping."""
        tree = read_tree(text, file)
        data = plain(tree.root)
        if not isinstance(data, dict):
            raise _by_hand(file, "anything")
        return cls(text, tree, data)


def same_template(text: str, earlier: str, *, file: str = "<text>") -> bool:
    """Whether both make the same instances. Raises SpecError where one of them can't be read."""
    present = _Read.of(text.removeprefix(BOM), file).data
    return present == _wanted(present, _Read.of(earlier.removeprefix(BOM), file).data)


def _by_hand(file: str, what: str) -> UsageError:
    return UsageError(f"{file}: can't put back {what} without changing more; edit by hand (nothing was changed)")


def _wanted(present: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    template = {key: earlier[key] for key in TEMPLATE_KEYS if key in earlier}
    rest = {key: value for key, value in present.items() if key not in TEMPLATE_KEYS}
    rollout = dict(rest.get("rollout") or {})
    restarted = (earlier.get("rollout") or {}).get("restarted")
    if rollout.get("restarted") == restarted:
        return {**rest, **template}
    rollout.pop("restarted", None)
    if restarted is not None:
        rollout["restarted"] = restarted
    return {**{key: value for key, value in rest.items() if key != "rollout"}, **template} | (
        {"rollout": rollout} if rollout else {}
    )


def _checked(edited: str | None, file: str, key: str) -> _Read:
    if edited is None:
        raise _by_hand(file, key)
    try:
        return _Read.of(edited, file)
    except SpecError as error:
        raise _by_hand(file, key) from error


def _restart(body: _Read, rollout: dict[str, Any] | None, file: str) -> _Read:
    """`rollout.restarted` as it is wanted; a rollout that says nothing else goes with it."""
    present = body.data.get("rollout") or {}
    wanted = (rollout or {}).get("restarted")
    if present.get("restarted") == wanted:
        return body
    if wanted is not None:
        return _Read.of(set_key(body.text, ("rollout", "restarted"), wanted, file=file), file)
    path = ("rollout", "restarted") if rollout else ("rollout",)
    return _checked(without(body.text, body.tree, path), file, "rollout.restarted")


def _exchanged(body: _Read, former: _Read, path: tuple[str, ...]) -> str | None:
    text, tree, earlier = body.text, body.tree, former.text
    if path not in former.tree.nodes:
        return without(text, tree, path, earlier=earlier)
    if _flow(tree) or _flow(former.tree):
        return _as_value(text, tree, path[-1], _value(earlier, former.tree.nodes[path]))
    source = extent(earlier, former.tree, path)
    if source is None:
        return None
    place = extent(text, tree, path)
    if place is None:
        return None if path in tree.nodes else _added(body, former, path, source)
    if not _says_more(text[place.start : place.end], earlier) or not _alike(body, former, path):
        return _replaced(text, place, earlier, source)
    return _one_by_one(body, former, path)


def _says_more(text: str, earlier: str) -> bool:
    """Whether a comment would be lost with these lines."""
    return any(comment not in earlier for comment in _COMMENT.findall(text))


def _alike(body: _Read, former: _Read, path: tuple[str, ...]) -> bool:
    """Whether both have an indented mapping here, as deep, with an entry that can stay where it is."""
    sides = [(side.text, side.tree.nodes.get(path)) for side in (body, former)]
    maps = [(text, node) for text, node in sides if isinstance(node, Mapping) and not node.flow]
    depths = {node.start - line_start(text, node.start) for text, node in maps}
    names = [{key.text for key, _ in node.entries} for _, node in maps]
    return len(maps) == 2 and len(depths) == 1 and bool(names[0] & names[1])


def _one_by_one(body: _Read, former: _Read, path: tuple[str, ...]) -> str | None:
    """Only those entries of a mapping that differ: what is said of the others since then stays."""
    here, there = (side.tree.nodes[path] for side in (body, former))
    now, then = plain(here), plain(there)
    for name in [*then, *(name for name in now if name not in then)]:
        if name in now and name in then and now[name] == then[name]:
            continue
        edited = _exchanged(body, former, (*path, name))
        if edited is None:
            return None
        try:
            body = _Read.of(edited, "")
        except SpecError:
            return None
    return body.text


def _flow(tree: Document) -> bool:
    return isinstance(tree.root, Mapping) and tree.root.flow


def _value(text: str, node: Node) -> str:
    """The value on its own, as it can stand in braces, too."""
    if isinstance(node, Scalar) and node.start == node.end:
        return "null"
    block = node.block if isinstance(node, Scalar) else isinstance(node, Mapping | Sequence) and not node.flow
    return json.dumps(plain(node), ensure_ascii=False) if block else text[node.start : node.end]


def _as_value(text: str, tree: Document, key: str, value: str) -> str | None:
    """For texts in braces: only the value is exchanged; what is said of it stays."""
    node = tree.nodes.get((key,))
    if node is None:
        end = last_character(tree.root) if _flow(tree) else len(text)
        if _flow(tree):
            at = text.rfind("}", 0, end)
            behind = text[:at].rstrip()
            return f"{behind}{'' if behind.endswith((',', '{')) else ','} {key}: {value}{text[len(behind) :]}"
        newline = "\r\n" if "\r\n" in text else "\n"
        return f"{text}{'' if text.endswith(newline) else newline}{key}: {value}{newline}"
    block = isinstance(node, Scalar) and node.block
    return None if block else f"{text[: node.start]}{value}{text[last_character(node) :]}"


def _replaced(text: str, place: Extent, earlier: str, source: Extent) -> str:
    """The comment above is exchanged, too, where neither text has the other's: it came with the value."""
    ours, theirs = text[place.comment : place.start].strip(), earlier[source.comment : source.start].strip()
    swap = (not ours or ours not in earlier) and (not theirs or theirs not in text)
    begin = place.comment if swap else place.start
    return text[:begin] + _lines(text, earlier, source, comment=swap) + text[place.end :]


def _added(body: _Read, former: _Read, path: tuple[str, ...], source: Extent) -> str | None:
    """Behind the key that it stood behind, or a yet earlier one; in front of all where none of those is there."""
    text, tree, earlier = body.text, body.tree, former.text
    parents = [side.tree.nodes[path[:-1]] for side in (body, former)]
    (ours, theirs) = ([key.text for key, _ in node.entries] for node in parents if isinstance(node, Mapping))
    before = [name for name in theirs[: theirs.index(path[-1])] if name in ours]
    lines = _lines(text, earlier, source, comment=earlier[source.comment : source.start].strip() not in text)
    if before:
        place = extent(text, tree, (*path[:-1], before[-1]))
        at = place.end if place else None
    else:
        at = line_start(text, parents[0].start)
    if at is None:
        return None
    gap = "" if at == 0 or text[at - 1] == "\n" else _newline(text)
    return text[:at] + gap + lines + text[at:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _lines(text: str, earlier: str, source: Extent, *, comment: bool) -> str:
    """The earlier lines with this text's line ends."""
    taken = earlier[source.comment if comment else source.start : source.end]
    return "".join(line + _newline(text) for line in taken.replace("\r\n", "\n").removesuffix("\n").split("\n"))
