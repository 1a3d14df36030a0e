"""How many replicas have to read and to write, from how many there are. Pure.

Writes take a majority, reads as few as still overlap with it (R + W > RF): with two replicas, a read goes on while one
of them is down, and a write waits for both.
"""

from collections.abc import Mapping


def replication_of(options: Mapping[str, str]) -> int:
    """The replication factor in a keyspace's `replication` column: the smallest data centre's."""
    factors = [int(value) for name, value in options.items() if name != "class" and value.isdigit()]
    return min(factors, default=1)


def writers(replication: int) -> int:
    """W: a majority."""
    return replication // 2 + 1


def readers(replication: int) -> int:
    """R: the least with R + W > RF."""
    return replication - writers(replication) + 1
