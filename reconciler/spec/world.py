"""What only several files together can get wrong: a host port or a DNS label taken twice, dependencies in a
circle.

Before: parse. After: agreement (for the loop) and `validate`. Each problem names both places, and is laid to the
file that comes later in the alphabet, so that the same files always give the same messages; but never to one that
is in force where another isn't.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from reconciler.errors import Problem
from reconciler.spec.parse import Parsed
from reconciler.spec.ports import overlap
from reconciler.spec.report import Path, quoted, show_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A problem with the clusters it is between: the one it is laid to, and the others."""

    problem: Problem
    blamed: str
    others: tuple[str, ...] = ()


def check_together(specs: Mapping[str, Parsed], *, strict: bool) -> tuple[Problem, ...]:
    """All problems between files; `specs` has the file's name as key. An unknown dependency or Eureka
    counts where `strict`.
    """
    found = [clash.problem for clash in clashes(specs)]
    if strict:
        found += _unknown([specs[file] for file in sorted(specs)])
    return tuple(sorted(found, key=lambda p: (p.file, p.line, p.column)))


def clashes(specs: Mapping[str, Parsed], in_force: AbstractSet[str] = frozenset()) -> tuple[Clash, ...]:
    """What the files contradict each other in; `in_force` names clusters that aren't blamed where others can be."""
    files = sorted(specs, key=lambda file: (specs[file].spec.name not in in_force, file))
    ordered = [specs[file] for file in files]
    return (*_names(ordered), *_labels(ordered), *_host_ports(ordered), *_cycles(ordered, in_force))


def _names(ordered: list[Parsed]) -> Iterator[Clash]:
    first: dict[str, Parsed] = {}
    for later in ordered:
        earlier = first.setdefault(later.spec.name, later)
        if earlier is not later:
            said = f"the cluster {quoted(later.spec.name)} is also in {_place(earlier, ('name',))}"
            yield _clash(earlier, later, ("name",), said, "keep one of the two files")


def _labels(ordered: list[Parsed]) -> Iterator[Clash]:
    first: dict[str, Parsed] = {}
    for later in ordered:
        earlier = first.setdefault(later.spec.dns_label, later)
        if earlier is not later and earlier.spec.name != later.spec.name:
            there = _place(earlier, _label_path(earlier))
            said = f"the DNS label {quoted(later.spec.dns_label)} is also taken by {there}"
            yield _clash(earlier, later, _label_path(later), said, "give one of them another `dns`")


def _host_ports(ordered: list[Parsed]) -> Iterator[Clash]:
    for at, other_at, number, other_number in sorted(_near(ordered)):
        later, earlier = ordered[at], ordered[other_at]
        taken = overlap(later.spec.ports[number], earlier.spec.ports[other_number])
        if taken is not None:
            there = _place(earlier, ("ports", other_number))
            said = f"host port {taken} is also taken by {there}"
            yield _clash(earlier, later, ("ports", number), said, "choose another host port")


def _near(ordered: list[Parsed]) -> Iterator[tuple[int, int, int, int]]:
    """Pairs of entries whose host ports meet, whatever their address: later and earlier file, later and earlier entry.

    By the lowest port, so that an entry is compared with its neighbours only: hundreds of files may publish.
    """
    entries = sorted(
        (port.host_first, port.host_last or port.host_first, at, number)
        for at, parsed in enumerate(ordered)
        for number, port in enumerate(parsed.spec.ports)
        if port.host_first is not None
    )
    for index, (_, last, at, number) in enumerate(entries):
        for ahead in range(index + 1, len(entries)):
            first, _, other_at, other_number = entries[ahead]
            if first > last:
                break
            if at > other_at:
                yield at, other_at, number, other_number
            elif other_at > at:
                yield other_at, at, other_number, number


def _unknown(ordered: list[Parsed]) -> Iterator[Problem]:
    known = {parsed.spec.name for parsed in ordered}
    for parsed in ordered:
        for number, name in enumerate(parsed.spec.depends_on):
            if name not in known:
                fix = f"add {name}.yaml, or remove it; known are {', '.join(sorted(known))}"
                yield _problem(parsed, ("depends_on", number), f"no cluster {quoted(name)} is here", fix)
        eureka = parsed.spec.discovery.eureka
        if eureka is not None and eureka.cluster is not None and eureka.cluster not in known:
            fix = f"add {eureka.cluster}.yaml, or use `url`; known are {', '.join(sorted(known))}"
            path = ("discovery", "eureka", "cluster")
            yield _problem(parsed, path, f"no cluster {quoted(eureka.cluster)} is here", fix)


def _cycles(ordered: list[Parsed], in_force: AbstractSet[str]) -> Iterator[Clash]:
    """One clash for each circle, at the edge that closes it. Depth first, without recursion: chains may be
    long.
    """
    by_name = {parsed.spec.name: parsed for parsed in ordered}
    done: set[str] = set()
    for start in ordered:
        trail = [start.spec.name]
        edges = [iter(enumerate(start.spec.depends_on))]
        while trail:
            if trail[-1] in done and len(trail) == 1:
                break
            number, name = next(edges[-1], (-1, ""))
            if number < 0:
                done.add(trail.pop())
                edges.pop()
            elif name in trail:
                circle = [*trail[trail.index(name) :], name]
                yield _circle(by_name, _turned(circle, in_force))
            elif name in by_name and name not in done:
                trail.append(name)
                edges.append(iter(enumerate(by_name[name].spec.depends_on)))


def _turned(circle: list[str], in_force: AbstractSet[str]) -> list[str]:
    """The same circle, closed by a cluster that isn't in force; of several by the last in the alphabet."""
    if circle[-2] not in in_force or in_force >= {*circle}:
        return circle
    closing = circle.index(max(name for name in circle if name not in in_force)) + 1
    return [*circle[closing:-1], *circle[:closing], circle[closing]]


def _circle(by_name: Mapping[str, Parsed], circle: list[str]) -> Clash:
    closing = by_name[circle[-2]]
    links = []
    for name, after in pairwise(circle):
        parsed = by_name[name]
        links.append(_place(parsed, ("depends_on", parsed.spec.depends_on.index(after))))
    said = f"a dependency cycle: {' → '.join(circle)} (at {', '.join(links)})"
    path = ("depends_on", closing.spec.depends_on.index(circle[-1]))
    problem = _problem(closing, path, said, "remove one of these dependencies")
    return Clash(problem=problem, blamed=closing.spec.name, others=tuple(circle[:-2]))


def _label_path(parsed: Parsed) -> Path:
    return ("dns",) if parsed.spec.dns else ("name",)


def _place(parsed: Parsed, path: Path) -> str:
    line, column = parsed.place(*path)
    return f"{parsed.file}:{line}:{column}"


def _clash(earlier: Parsed, later: Parsed, path: Path, said: str, fix: str) -> Clash:
    problem = _problem(later, path, said, fix)
    return Clash(problem=problem, blamed=later.spec.name, others=(earlier.spec.name,))


def _problem(parsed: Parsed, path: Path, problem: str, fix: str) -> Problem:
    line, column = parsed.place(*path)
    return Problem(file=parsed.file, line=line, column=column, path=show_path(path), problem=problem, fix=fix)
