"""Which newly saved specs can't come into force, because they contradict others: what is in force stays.

Before: the loop's scanner. After: world (what contradicts what). Nothing is remembered here: a refused spec is asked
about again at every scan, and comes in as soon as nothing stands against it.
"""

from collections.abc import Mapping

from reconciler.errors import Problem
from reconciler.spec.parse import Parsed
from reconciler.spec.world import Clash, clashes


def refusals(standing: Mapping[str, Parsed], fresh: Mapping[str, Parsed]) -> dict[str, tuple[Problem, ...]]:
    """The fresh specs to refuse, each with why. Both by cluster name; `standing` is what stays in force of a cluster
    whose fresh spec is refused, or that has none.

    First all come in together (two may have swapped a port), then those are taken out that something stands against.
    """
    refused: dict[str, list[Clash]] = {}
    while found := _next(standing, {name: new for name, new in fresh.items() if name not in refused}):
        refused |= found
    _readmit(standing, fresh, refused)
    return {name: tuple(dict.fromkeys(clash.problem for clash in found)) for name, found in refused.items()}


def _next(standing: Mapping[str, Parsed], fresh: Mapping[str, Parsed]) -> dict[str, list[Clash]]:
    """Whom to refuse for certain: where the others aren't blamed themselves. Of a ring of blame, the first."""
    found = _between(standing, fresh)
    blamed = {clash.blamed for clash in found}
    certain = [clash for clash in found if blamed.isdisjoint(clash.others)]
    by_name: dict[str, list[Clash]] = {}
    for clash in certain or found[:1]:
        by_name.setdefault(clash.blamed, []).append(clash)
    return by_name


def _readmit(standing: Mapping[str, Parsed], fresh: Mapping[str, Parsed], refused: dict[str, list[Clash]]) -> None:
    """Take back refusals whose cause was itself refused later; what has come in by now counts as in force."""
    moved = {*refused}  # who is taken back no longer says what the refusals of others were for
    again = True
    while again:
        again = False
        for name in sorted(refused):
            if all(moved.isdisjoint(clash.others) for clash in refused[name]):
                continue
            inside = {other: new for other, new in fresh.items() if other not in refused}
            found = _between({**standing, **inside}, {name: fresh[name]})
            if found:
                refused[name] = found
            else:
                del refused[name]
                again = True


def _between(standing: Mapping[str, Parsed], fresh: Mapping[str, Parsed]) -> list[Clash]:
    """The clashes laid to one of the fresh; a fresh spec that says what stands already is no newcomer."""
    specs = {**standing, **fresh}
    in_force = {name for name, old in standing.items() if specs[name].spec == old.spec}
    found = clashes({parsed.file: parsed for parsed in specs.values()}, in_force)
    return [clash for clash in found if clash.blamed in fresh]
