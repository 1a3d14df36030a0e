"""The server's own code as files for the container: this very version, and of it only what the program needs.

Before: the program's imports, read from its source. After: service, which uploads them. So the image never has to be
built anew for a new version of ours, and what runs inside is always what the loop was tested with; the DNS library,
too, whose versions answer some questions differently (Debian's 2.3 and ours of 2.6 and later).
Never here: running anything of it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dns

from reconciler.dns.container.settings import ROOM, USER
from reconciler.engine.ports import File

PROGRAM = "reconciler.dns.container.program"
_PACKAGE = "reconciler"
_ROOT = Path(__file__).resolve().parents[2]


@cache
def code() -> tuple[File, ...]:
    """Every module that the program imports, at once or later, by its path in the container."""
    return tuple(_file(name, path) for name, path in sorted(modules(PROGRAM).items()))


@cache
def library() -> tuple[File, ...]:
    """The DNS library as the loop itself uses it: pure Python, so any machine's fits."""
    root = Path(dns.__file__).parent
    return tuple(
        File(path=f"{ROOM}/dns/{path.relative_to(root)}", content=path.read_bytes(), mode=0o444, owner=USER)
        for path in sorted(root.rglob("*.py"))
    )


def modules(name: str) -> dict[str, Path]:
    """`name` and all modules of ours that it leads to, with their packages."""
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found or (path := _source(module)) is None:
            continue
        found[module] = path
        waiting.extend(_imported(ast.parse(path.read_bytes())))
        if "." in module:
            waiting.append(module.rpartition(".")[0])
    return found


def _imported(node: ast.AST) -> Iterator[str]:
    """What it imports of ours; what is only imported for a type checker is left out."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                for other in child.orelse:
                    yield from _imported(other)
            case ast.Import():
                yield from (alias.name for alias in child.names if _is_ours(alias.name))
            case ast.ImportFrom(module=str(module)) if _is_ours(module):
                yield module
                yield from (f"{module}.{alias.name}" for alias in child.names)
            case _:
                yield from _imported(child)


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")


def _source(module: str) -> Path | None:
    """Its file; None where the name is no module but something inside of one."""
    place = _ROOT.joinpath(*module.split(".")[1:])
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _file(module: str, path: Path) -> File:
    place = module.replace(".", "/")
    inside = f"{place}/__init__.py" if path.name == "__init__.py" else f"{place}.py"
    return File(path=f"{ROOM}/{inside}", content=path.read_bytes(), mode=0o444, owner=USER)
