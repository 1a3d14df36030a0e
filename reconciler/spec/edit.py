"""Changing one value in a spec's text and nothing else: comments, layout and line endings stay byte for byte.

Before: `scale`, `suspend`, `resume`, `new`. After: whoever writes the file. The text is edited at the value's
own place; the result is read again, and given back only where it says the old thing with that one change.
"""

import json
import re
from typing import Any

from reconciler.errors import SpecError, UsageError
from reconciler.spec.extents import BOM, last_character, line_end, line_start, read_tree
from reconciler.spec.nodes import Document, Mapping, Node, Scalar, core_value, plain
from reconciler.spec.report import Path, show_path

Value = str | int | bool
_BARE = re.compile(r"[A-Za-z0-9][\w-]*|[A-Za-z][\w-]*([./:@+-]+\w+)*", re.ASCII)
"""Text that needs no quotes wherever it stands: words, and names of images."""


def set_key(text: str, path: str | Path, value: Value, *, file: str = "<text>") -> str:
    """The text with the scalar at `path` ("size", ("stop", "grace")) set; added where there is no such
    key, in a mapping of its own (`rollout: {paused: true}`) where there is none either.

    Raises SpecError where the text can't be read, UsageError where it can't be edited without touching more.
    """
    place = (path,) if isinstance(path, str) else path
    mark = BOM if text.startswith(BOM) else ""
    body = text[len(mark) :]
    tree = read_tree(body, file)
    if plain(tree.root) is not None and _get(plain(tree.root), place) == value:
        return text
    edited = _edited(body, tree, place, _written(value))
    if edited is None or not _only_changed(body, edited, place, value, file):
        raise UsageError(
            f"{file}: can't set {show_path(place)} to {_written(value)} without changing more; edit by hand"
        )
    return mark + edited


def _edited(text: str, tree: Document, path: Path, written: str) -> str | None:
    node = tree.nodes.get(path)
    if isinstance(node, Scalar) and not node.block:
        gap = " " if node.start == node.end else ""
        return text[: node.start] + gap + written + text[node.end :]
    parent = tree.nodes.get(path[:-1])
    if path[1:] and (parent is None or _is_null(parent)):
        return _edited(text, tree, path[:-1], f"{{{path[-1]}: {written}}}")
    if node is not None or not isinstance(parent, Mapping):
        return None
    line = f"{path[-1]}: {written}"
    return _into_flow(text, parent, line) if parent.flow else _into_block(text, parent, line)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _into_flow(text: str, parent: Mapping, line: str) -> str:
    if not parent.entries:
        return f"{text[: parent.start + 1]}{line}{text[parent.start + 1 :]}"
    at = last_character(parent.entries[-1][1])
    return f"{text[:at]}, {line}{text[at:]}"


def _into_block(text: str, parent: Mapping, line: str) -> str:
    first = parent.entries[0][0].start
    indent = text[line_start(text, first) : first]
    newline = "\r\n" if "\r\n" in text else "\n"
    end = line_end(text, parent.entries[-1][1])
    if not text.endswith("\n", 0, end):
        return f"{text}{newline}{indent}{line}"
    return f"{text[:end]}{indent}{line}{newline}{text[end:]}"


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    bare = _BARE.fullmatch(value) is not None and core_value(value) == value
    return value if bare else f'"{"".join(map(_escaped, value))}"'


def _escaped(character: str) -> str:
    """As it stands in double quotes; JSON knows no escape for what is beyond sixteen bits."""
    if character.isprintable() and character not in '"\\':
        return character
    return json.dumps(character)[1:-1] if character < "\U00010000" else f"\\U{ord(character):08X}"


def _only_changed(before: str, after: str, path: Path, value: object, file: str) -> bool:
    try:
        found = plain(read_tree(after, file).root)
    except SpecError:
        return False
    wanted = plain(read_tree(before, file).root)
    inner = wanted
    for part in path[:-1]:
        if inner.get(part) is None:
            inner[part] = {}
        inner = inner[part]
    inner[path[-1]] = value
    return bool(found == wanted)


def _get(data: Any, path: Path) -> Any:
    for part in path:
        if not isinstance(data, dict) or part not in data:
            return None
        data = data[part]
    return data


def new_spec(name: str, image: str, *, schema: str = ".reconciler-schema.json") -> str:
    """The text of a first spec, whose comments teach the format. `schema` is where editors find the JSON
    Schema.
    """
    return _TEMPLATE.format(name=name, image=_written_image(image), schema=schema)


def new_task(name: str, image: str, *, schema: str = ".reconciler-schema.json") -> str:
    """The same for a task."""
    return _TASK.format(name=name, image=_written_image(image), schema=schema)


def _written_image(image: str) -> str:
    return image if image.isprintable() and not set(image) & set("#{}[]&*!|>'\"%@` ,") else json.dumps(image)


_TEMPLATE = """\
# yaml-language-server: $schema={schema}
#
# Save this file: the containers become what it says, and stay so. Delete it: they go.
# `reconciler validate` checks it, `reconciler plan` says what would be done.

name: {name}                # the file's name without .yaml
image: {image}
size: 1                     # how many instances; 0 keeps the cluster known and empty
zones: [az1, az2, az3]      # failure domains; instances are spread over them

# ports: [8080]             # announced in DNS; "127.0.0.1:8081:8080" publishes on this machine
# environment:
#   LOG_LEVEL: info
# volumes: ["data:/var/lib/data"]     # a named volume for each number, kept when the instance is replaced
# resources: {{memory: 256MiB, cpus: 0.5}}
# depends_on: [database]    # created only when that cluster is ready

# How instances are judged. Without this: by heartbeats, the image's HEALTHCHECK, or just by running.
# health:
#   http: {{port: 8080, path: /health, interval: 1s, misses: 3}}

# How a change of the image reaches them: the new one is ready before an old one goes. What isn't ready in time is taken
# back. Also: red-black, canary, in-place.
# rollout: {{strategy: rolling, surge: 1, unavailable: 0, deadline: 30s}}

# The size follows a metric; `size` is then where it starts.
# autoscale: {{min: 1, max: 4, metric: cpu, target: 60}}

# Whether `reconciler chaos` and drills may break it on purpose. Without this: never.
# chaos: {{enabled: true}}
"""

_TASK = """\
# yaml-language-server: $schema={schema}
#
# Save this file: the task runs, once. It runs again when what is baked into its container changes, and when its
# exited container, which is the record of it, is removed: so it does no harm when it runs twice.
# `reconciler wait {name}` waits for its end, `reconciler logs {name}` shows what it wrote.

kind: TaskSpec
name: {name}                # the file's name without .yaml
image: {image}
command: [sh, -c, "echo done"]      # ready means that this exited 0
retries: 6                  # a failed run is repeated so often, after 1s, 2s, 4s and so on
# deadline: 10m             # a run that lasts longer is killed and has failed

# environment:
#   LOG_LEVEL: info
# zones: [az1]              # it runs in the first
# resources: {{memory: 256MiB, cpus: 0.5}}
# depends_on: [database]    # each run waits until that is ready
"""
