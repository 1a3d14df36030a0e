"""A YAML document as a tree of frozen nodes that know their places, with scalars read by YAML 1.2's core
schema.

Before: compose. After: parse and edit. By the core schema `no`, `on`, `12:30` and `1_000` are text, `010` is
ten.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from reconciler.spec.report import Path

Plain = str | int | float | bool | None

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = re.compile(r"\.(nan|NaN|NAN)")
# Beyond this an int is only a way to spend time; as a float it is out of every range all the same.
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text with the value that YAML 1.2 gives it. `start` and `end` are character offsets in the file."""

    text: str
    value: Plain
    start: int
    end: int
    block: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; the keys are unique."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """Something refused and already reported: nothing else is said about it."""

    start: int
    end: int


Node = Scalar | Sequence | Mapping | Broken


class Nothing:
    """Stands for a Broken node where plain data is looked at."""


@dataclass(frozen=True, slots=True)
class Document:
    """The tree with an index of its places; `keys` holds where each mapping's key is."""

    root: Node
    nodes: dict[Path, Node]
    keys: dict[Path, Scalar]

    def broken(self, path: Path) -> bool:
        """Was something at or above this place refused before?"""
        return any(isinstance(self.nodes.get(path[:n]), Broken) for n in range(len(path) + 1))

    def value_at(self, path: Path) -> int:
        """Offset of the value at the path, or of its nearest existing parent."""
        return self.nodes[self._nearest(path)].start

    def key_at(self, path: Path) -> int:
        """Offset of the key at the path; of the value where it has none."""
        nearest = self._nearest(path)
        return self.keys[nearest].start if nearest in self.keys else self.nodes[nearest].start

    def text(self, path: Path) -> str:
        """The scalar at the path as it is written (after unquoting)."""
        node = self.nodes[path]
        return node.text if isinstance(node, Scalar) else ""

    def _nearest(self, path: Path) -> Path:
        while path not in self.nodes:
            path = path[:-1]
        return path


def document(root: Node) -> Document:
    nodes: dict[Path, Node] = {}
    keys: dict[Path, Scalar] = {}
    _index(root, (), nodes, keys)
    return Document(root, nodes, keys)


def _index(node: Node, path: Path, nodes: dict[Path, Node], keys: dict[Path, Scalar]) -> None:
    nodes[path] = node
    if isinstance(node, Mapping):
        for key, value in node.entries:
            keys[(*path, key.text)] = key
            _index(value, (*path, key.text), nodes, keys)
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            _index(item, (*path, number), nodes, keys)


def plain(node: Node) -> Any:
    """The node as JSON-like data; Broken nodes become a Nothing."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    return Nothing()


def core_value(text: str) -> Plain:
    """What an unquoted scalar means in YAML 1.2's core schema."""
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text) if len(text) <= _MOST_DIGITS else float(text)
    if _BASED.fullmatch(text):
        return int(text, 0) if len(text) <= _MOST_DIGITS else math.inf
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return -math.inf if text.startswith("-") else math.inf
    return math.nan if _NAN.fullmatch(text) else text
