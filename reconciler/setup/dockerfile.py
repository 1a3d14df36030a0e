"""What a Dockerfile says of other images and of its arguments. Pure.

Before: images, with the text. After: the order of building, and what a build is told. Never here: judging the rest of
the file; the engine does that when it builds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_CONTINUED = re.compile(r"\\[ \t]*\n")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_NOTHING = "scratch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """`parents`: images it starts or copies from, tagged; `arguments`: those that it declares without a value."""

    parents: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


def read(text: str) -> Dockerfile:
    """The images named by FROM and COPY --from that are no stage of the same file, and the bare ARGs."""
    parents: dict[str, None] = {}
    arguments: dict[str, None] = {}
    stages: set[str] = set()
    defaults: dict[str, str] = {}  # those before the first FROM, which FROM may use
    for keyword, words in _instructions(text):
        if keyword == "ARG":
            pairs = [word.partition("=") for word in words]
            arguments.update((name, None) for name, given, _ in pairs if not given)
            if not stages and not parents:
                defaults.update((name, value.strip("\"'")) for name, given, value in pairs if given)
        elif keyword == "FROM":
            named = [_filled(word, defaults) for word in words if not word.startswith("--")]
            _add(parents, named[0] if named else "", stages)
            if len(named) == 3 and named[1].upper() == "AS":
                stages.add(named[2].lower())
        elif keyword in ("COPY", "ADD"):
            for word in words:
                if word.startswith("--from="):
                    _add(parents, word.removeprefix("--from="), stages)
    return Dockerfile(parents=tuple(parents), arguments=tuple(arguments))


def tagged(reference: str) -> str:
    """The reference with the tag that an engine would add; a port in the registry's address is no tag."""
    last = reference.rpartition("/")[2]
    return reference if ":" in last or "@" in last else f"{reference}:latest"


def _add(parents: dict[str, None], name: str, stages: set[str]) -> None:
    if name and name != _NOTHING and name.lower() not in stages and not name.isdecimal():
        parents[tagged(name)] = None


def _instructions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Keyword and words of each instruction, continued lines joined; comments are left out, also between those."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in _CONTINUED.sub(" ", kept).splitlines():
        words = line.split()
        if words:
            yield words[0].upper(), words[1:]


def _filled(word: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], found[0]), word)
