"""Reading single values out of a checked document: each getter answers the default where the value is absent
or bad.

Before: parse (tree, schema errors). After: build, which so can look at every part of a file that has problems
in others. What a getter answers for a bad value is never used: a file with a problem becomes no spec.
"""

from collections.abc import Callable, Iterable
from typing import Any

from reconciler.spec.names import Wrong
from reconciler.spec.nodes import Document, Mapping, Scalar, Sequence
from reconciler.spec.report import Path, Report
from reconciler.spec.units import MalformedError, parse_bytes, parse_seconds


class Values:
    """The values of one document; `bad` are the places the schema refused."""

    def __init__(self, tree: Document, bad: frozenset[Path], report: Report) -> None:
        self.tree = tree
        self._bad = bad
        self._report = report

    def has(self, *path: str | int) -> bool:
        """Is there a value, and was nothing wrong found with it so far?"""
        if path not in self.tree.nodes or self.tree.broken(path):
            return False
        return not any(path[:n] in self._bad for n in range(len(path) + 1))

    def given(self, *path: str | int) -> bool:
        """Did the author write something there, right or wrong?"""
        return path in self.tree.nodes

    def problem(self, path: Path, problem: str, fix: str, *, at_key: bool = False) -> None:
        at = self.tree.key_at(path) if at_key else self.tree.value_at(path)
        self._report.add(at, path, problem, fix)

    def check(self, path: Path, wrong: Wrong, *, at_key: bool = False) -> bool:
        """Note what a rule of `names` found; True where it found nothing."""
        if wrong is not None:
            self.problem(path, *wrong, at_key=at_key)
        return wrong is None

    def plain(self, default: Any, *path: str | int) -> Any:
        """The scalar as the core schema reads it."""
        node = self.tree.nodes.get(path)
        return node.value if isinstance(node, Scalar) and self.has(*path) else default

    def text(self, default: str, *path: str | int) -> str:
        """The scalar as it is written, whatever type it has."""
        node = self.tree.nodes.get(path)
        return node.text if isinstance(node, Scalar) and self.has(*path) else default

    def flag(self, *path: str | int) -> bool:
        """True only where the file says so."""
        return self.plain(None, *path) is True

    def denies(self, *path: str | int) -> bool:
        """Whether the file says false: for what is true by default."""
        return self.plain(None, *path) is False

    def whole(self, default: int, *path: str | int) -> int:
        return int(self.plain(default, *path))

    def seconds(self, default: float, *path: str | int) -> float:
        return float(self._converted(parse_seconds, default, "a duration such as 500ms, 1s or 2m", path))

    def size_bytes(self, default: int | None, *path: str | int) -> int | None:
        found = self._converted(parse_bytes, default, "a size such as 256MiB or 1g", path)
        return None if found is None else int(found)

    def _converted(self, read: Callable[[Any], Any], default: Any, what: str, path: Path) -> Any:
        if not self.has(*path):
            return default
        try:
            return read(self.plain(default, *path))
        except (MalformedError, TypeError):
            self.problem(path, f"not {what}", "write the number and its unit")
            return default

    def items(self, *path: str | int) -> Iterable[Path]:
        """The places of a list's good items."""
        node = self.tree.nodes.get(path)
        count = len(node.items) if isinstance(node, Sequence) else 0
        return [(*path, number) for number in range(count) if self.has(*path, number)]

    def keys(self, *path: str | int) -> Iterable[tuple[str, Path]]:
        """The keys of a mapping, with the places of their values, good or bad."""
        node = self.tree.nodes.get(path)
        entries = node.entries if isinstance(node, Mapping) else ()
        return [(key.text, (*path, key.text)) for key, _ in entries]
