"""Taking one entry out of a spec's text and nothing else: its lines, and the comment above that is its own.

Before: who wants a variable gone; put_back. After: whoever writes the file. The result is read again, and given back
only where it says the old thing without that entry.
"""

from reconciler.errors import SpecError, UsageError
from reconciler.spec.extents import BOM, extent, last_character, read_tree
from reconciler.spec.nodes import Document, Mapping, plain
from reconciler.spec.report import Path, show_path


def remove_key(text: str, path: Path, *, file: str = "<text>") -> str:
    """The text without the entry at `path`, as it is where there is none; a mapping that would be empty goes, too.

    Raises SpecError where the text can't be read, UsageError where it can't be done without touching more.
    """
    mark = BOM if text.startswith(BOM) else ""
    body = text[len(mark) :]
    tree = read_tree(body, file)
    if path not in tree.nodes:
        return text
    while path[1:] and isinstance(around := tree.nodes[path[:-1]], Mapping) and len(around.entries) == 1:
        path = path[:-1]
    edited = without(body, tree, path)
    if edited is None or not _only_removed(edited, tree, path, file):
        raise UsageError(f"{file}: can't remove {show_path(path)} without changing more; edit by hand")
    return mark + edited


def without(text: str, tree: Document, path: Path, *, earlier: str = "") -> str | None:
    """Its lines go, and the comment above, unless an `earlier` text has that one. None where it shares its lines."""
    place = extent(text, tree, path)
    if place is not None:
        own = text[place.comment : place.start].strip() not in earlier
        return text[: place.comment if own else place.start] + text[place.end :]
    parent = tree.nodes.get(path[:-1])
    if not isinstance(parent, Mapping) or not parent.flow:
        return None
    at = [key.text for key, _ in parent.entries].index(str(path[-1]))
    key, node = parent.entries[at]
    if at + 1 < len(parent.entries):
        return text[: key.start] + text[parent.entries[at + 1][0].start :]
    begin = last_character(parent.entries[at - 1][1]) if at else key.start
    return text[:begin] + text[last_character(node) :]


def _only_removed(after: str, tree: Document, path: Path, file: str) -> bool:
    try:
        found = plain(read_tree(after, file).root)
    except SpecError:
        return False
    wanted = plain(tree.root)
    inner = wanted
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return bool(found == wanted)
