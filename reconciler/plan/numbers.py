"""Numbers of a cluster that can't be given out: held by a container, by a creation under way, or by a stranger.

Before: observed. After: filling and channel, which look for the lowest free one.
"""

from collections.abc import Iterator
from itertools import count

from reconciler.state.observed import Observed


def free_numbers(name: str, observed: Observed) -> Iterator[int]:
    """The free numbers of cluster `name`, lowest first, without end."""
    taken = {instance.number for instance in observed.instances.get(name, ())}
    # An ending under way whose container is not listed any more holds nothing: the next one must get this number and
    # its volumes, not another with empty ones.
    made = (flight for flight in observed.in_flight.get(name, ()) if flight.kind == "create")
    taken.update(flight.number for flight in made if flight.number)
    taken |= strangers_numbers(name, observed)
    return (number for number in count(1) if number not in taken)


def strangers_numbers(name: str, observed: Observed) -> set[int]:
    """The numbers of cluster `name` that containers hold which aren't ours."""
    taken = set()
    for foreign in observed.foreign:
        _, _, rest = foreign.container.partition("-")  # an environment's name has no dash
        number = rest.removeprefix(f"{name}-")
        if number != rest and number.isdecimal():
            taken.add(int(number))
    return taken
