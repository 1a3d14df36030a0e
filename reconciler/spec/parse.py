"""The door: bytes of one file become a ClusterSpec, or one SpecError with every problem of the file.

Before: read (bytes). After: world (several files together), plan. The order: text, tree, schema, rules. Each
stage goes on past what the one before it refused, so that one look at the messages is enough. Nothing here
reads files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import SpecError
from reconciler.spec.build import build, stem_of
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.compose import compose
from reconciler.spec.decode import decode
from reconciler.spec.nodes import Document, plain
from reconciler.spec.policy import Policy
from reconciler.spec.report import Path, Report, TooManyError, printable
from reconciler.spec.schema import validator
from reconciler.spec.sentences import Sentences, finding
from reconciler.spec.values import Values

# Errors of these keywords concern a mapping's keys or a list as a whole; the values inside can still be read.
ABOUT_THE_WHOLE = frozenset({"additionalProperties", "required", "uniqueItems", "maxItems", "minItems"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A spec with the file it came from and the (line, column) of every value; both count from 1."""

    file: str
    spec: ClusterSpec
    positions: Mapping[Path, tuple[int, int]]

    def place(self, *path: str | int) -> tuple[int, int]:
        """Where the value at the path is, or the nearest place around it."""
        while path not in self.positions:
            path = path[:-1]
        return self.positions[path]


def parse_cluster(text: bytes, *, file: str, policy: Policy) -> ClusterSpec:
    """The spec in a file's bytes. `file` names it in messages; its stem names the cluster. Raises
    SpecError.
    """
    return parse(text, file=file, policy=policy).spec


def parse(text: bytes, *, file: str, policy: Policy) -> Parsed:
    """Like parse_cluster, with the places of the values. Raises SpecError with all problems of the file."""
    shown = printable_file(file)
    decoded = decode(text, shown)
    report = Report(shown, decoded)
    tree = compose(decoded, report)
    try:
        spec = _read(tree, report, file, policy)
    except TooManyError:
        raise SpecError(report.problems) from None
    if report.problems:
        raise SpecError(report.problems)
    positions = {path: report.lines.place(node.start) for path, node in tree.nodes.items()}
    return Parsed(file=shown, spec=spec, positions=positions)


def _read(tree: Document, report: Report, file: str, policy: Policy) -> ClusterSpec:
    data: Any = plain(tree.root)
    sentences = Sentences(tree, report)
    findings = [finding(error) for error in validator().iter_errors(data)]
    bad = frozenset(found.path for found in findings if found.keyword not in ABOUT_THE_WHOLE)
    mistyped = {found.path for found in findings if found.keyword == "type"}
    for found in findings:
        if found.keyword == "type" or found.path not in mistyped:
            sentences.note(found)
    return build(Values(tree, bad, report), stem_of(file), policy)


def printable_file(file: str) -> str:
    """A file's name as messages show it: on one line, whatever bytes it is made of."""
    return file if file.isprintable() else "".join(printable(character) for character in file)
