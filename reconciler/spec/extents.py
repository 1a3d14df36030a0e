"""Where an entry of a spec's text stands: its lines, and the comment above it that is its own.

Before: compose (the tree with its offsets). After: edit and put_back, which exchange such lines. Nothing here changes
a text.
"""

from dataclasses import dataclass

from reconciler.errors import SpecError
from reconciler.spec.compose import compose
from reconciler.spec.decode import decode
from reconciler.spec.nodes import Document, Mapping, Node, Sequence
from reconciler.spec.report import Path, Report

BOM = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Character offsets. `start` to `end` are the entry's own whole lines, `comment` to `start` what is said of it."""

    comment: int
    start: int
    end: int


def read_tree(text: str, file: str) -> Document:
    """The text's tree. Raises SpecError where it can't be read."""
    report = Report(file, text)
    tree = compose(decode(text.encode("utf-8", "surrogatepass"), file), report)
    if report.problems:
        raise SpecError(report.problems)
    return tree


def last_character(node: Node) -> int:
    """Where the node's own text ends; the parser ends a block only at the next token, behind the comments."""
    if isinstance(node, Mapping) and not node.flow and node.entries:
        return last_character(node.entries[-1][1])
    if isinstance(node, Sequence) and not node.flow and node.items:
        return last_character(node.items[-1])
    return node.end


def line_end(text: str, node: Node) -> int:
    """Where the line begins that comes after the node's last one; the text's end where none does."""
    end = text.find("\n", max(last_character(node) - 1, 0))
    return len(text) if end < 0 else end + 1


def line_start(text: str, offset: int) -> int:
    """Where the line of this offset begins."""
    return text.rfind("\n", 0, offset) + 1


def extent(text: str, tree: Document, path: Path) -> Extent | None:
    """Of an entry of a block mapping; None where there is none, or where it shares its first line with something."""
    parent, key = tree.nodes.get(path[:-1]), tree.keys.get(path)
    if key is None or not isinstance(parent, Mapping) or parent.flow:
        return None
    start = line_start(text, key.start)
    if text[start : key.start].strip(" "):
        return None
    return Extent(
        comment=_comment(text, start, _floor(text, parent, path)), start=start, end=line_end(text, tree.nodes[path])
    )


def _floor(text: str, parent: Mapping, path: Path) -> int:
    """Where the lines of the entry before this one end."""
    names = [key.text for key, _ in parent.entries]
    at = names.index(str(path[-1]))
    return line_end(text, parent.entries[at - 1][1]) if at else line_start(text, parent.entries[0][0].start)


def _comment(text: str, start: int, floor: int) -> int:
    """The beginning of the comment lines directly above `start`. What stands above a mapping's first entry is about
    the whole mapping.
    """
    begin = start
    while begin > floor:
        above = line_start(text, begin - 1)
        if above < floor or not text[above:begin].lstrip().startswith("#"):
            break
        begin = above
    return begin
