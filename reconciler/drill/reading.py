"""The door: bytes of one drill file become a Drill, or one SpecError with every problem of the file.

Before: the command line, which read the file. After: rules (what can't be, whatever the environment), runner.
The reading is the specs' own (YAML 1.2, no tags, no aliases, places for every message). Nothing here reads files.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from reconciler.drill.building import build
from reconciler.drill.rules import impossible
from reconciler.drill.values import Drill
from reconciler.errors import Problem, SpecError
from reconciler.spec import nodes
from reconciler.spec.compose import compose
from reconciler.spec.decode import decode
from reconciler.spec.nodes import Document, plain
from reconciler.spec.parse import ABOUT_THE_WHOLE, printable_file
from reconciler.spec.report import Report, TooManyError, quoted
from reconciler.spec.schema import compiled
from reconciler.spec.sentences import Sentences, finding
from reconciler.spec.values import Values

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

# What the specs' reading advises where a file as a whole is wrong speaks of clusters; a drill is none.
_ABOUT_CLUSTERS = ("cluster", "spec")
_FIX = "a drill begins with `kind: Drill` and has `steps:`"


def schema_text() -> str:
    """The schema as it is on disk, for editors and `reconciler schema --drill`."""
    return resources.files("reconciler.drill").joinpath("schema.json").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """The schema as a mapping; shared, so treat it as frozen."""
    loaded: Mapping[str, Any] = json.loads(schema_text())
    return loaded


@lru_cache(maxsize=1)
def validator() -> "Validator":
    """The compiled schema of drills."""
    return compiled(schema())


def parse_drill(text: bytes, *, file: str) -> Drill:
    """The drill in a file's bytes. `file` names it in messages, its stem names the drill. Raises SpecError."""
    shown = printable_file(file)
    try:
        decoded = decode(text, shown)
        report = Report(shown, decoded)
        drill = _read(compose(decoded, report), report, PurePath(file).stem)
    except SpecError as error:
        raise SpecError(tuple(_of_a_drill(problem) for problem in error.problems)) from None
    wrong = impossible(drill)
    if wrong:
        raise SpecError(wrong)
    return drill


def says_drill(text: bytes) -> bool:
    """Whether a file calls itself a drill, however wrong it is otherwise."""
    lines = text.decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    return any(line.split("#")[0].split() == ["kind:", "Drill"] for line in lines if not line[:1].isspace())


def _read(tree: Document, report: Report, name: str) -> Drill:
    try:
        _insist_on_mapping(tree, report)
        drill = build(Values(tree, _check_shape(tree, report), report), name, report)
    except TooManyError:
        raise SpecError(report.problems) from None
    if report.problems:
        raise SpecError(report.problems)
    return drill


def _insist_on_mapping(tree: Document, report: Report) -> None:
    if not isinstance(tree.root, nodes.Mapping):
        report.add(tree.root.start, (), f"a mapping is expected, not {quoted(plain(tree.root))}", _FIX)
        raise TooManyError


def _check_shape(tree: Document, report: Report) -> frozenset[tuple[str | int, ...]]:
    sentences = Sentences(tree, report, schema())
    findings = [finding(error) for error in validator().iter_errors(plain(tree.root))]
    mistyped = {found.path for found in findings if found.keyword == "type"}
    for found in findings:
        if found.keyword == "type" or found.path not in mistyped:
            sentences.note(found)
    return frozenset(found.path for found in findings if found.keyword not in ABOUT_THE_WHOLE)


def _of_a_drill(problem: Problem) -> Problem:
    about_clusters = not problem.path and any(word in problem.fix for word in _ABOUT_CLUSTERS)
    return replace(problem, fix=_FIX) if about_clusters else problem
