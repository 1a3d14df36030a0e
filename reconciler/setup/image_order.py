"""In which order images can be built: each after those that it stands on. Pure.

Before: images, which finds the folders. After: build_all. Never here: files, the engine.
"""

from collections.abc import Iterator, Mapping

from reconciler.setup.findings import SetupError

Parents = Mapping[str, tuple[str, ...]]  # reference to the references it is made from, also foreign ones


def parents_first(parents: Parents) -> tuple[str, ...]:
    """The references, each after its own parents. Raises SetupError where images stand on each other in a circle."""
    done: dict[str, None] = {}

    def visit(reference: str, above: tuple[str, ...]) -> None:
        if reference in above:
            circle = (*above[above.index(reference) :], reference)
            raise SetupError(
                f"no order to build in: {' stands on '.join(circle)}; let one of their Dockerfiles start from another"
            )
        if reference not in done:
            for parent in _ours(parents, reference):
                visit(parent, (*above, reference))
            done[reference] = None

    for reference in parents:
        visit(reference, ())
    return tuple(done)


def with_parents(parents: Parents, wanted: set[str]) -> set[str]:
    """The wanted references and everything of ours that they stand on."""
    found: set[str] = set()
    left = list(wanted)
    while left:
        reference = left.pop()
        if reference not in found:
            found.add(reference)
            left += _ours(parents, reference)
    return found


def standing_on(parents: Parents, failed: str) -> set[str]:
    """The references that can't be made without `failed`."""
    found = {failed}
    while True:
        more = {name for name in parents if name not in found and found.intersection(parents[name])}
        if not more:
            return found - {failed}
        found |= more


def longest_way_first(parents: Parents) -> tuple[str, ...]:
    """The references, those first on which the longest chain of others waits; else each after its parents."""
    order = parents_first(parents)
    above = dict.fromkeys(order, 0)
    for reference in reversed(order):
        for parent in _ours(parents, reference):
            above[parent] = max(above[parent], above[reference] + 1)
    return tuple(sorted(order, key=lambda reference: -above[reference]))


def _ours(parents: Parents, reference: str) -> Iterator[str]:
    return (parent for parent in parents[reference] if parent in parents)
