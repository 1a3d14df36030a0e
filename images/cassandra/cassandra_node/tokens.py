"""Where in the ring a number has its place. Pure.

The place follows from the number alone, so whoever reads a ring knows the numbers of its nodes, dead ones too. The
first two halve the ring, the next two halve the halves, and so on (the sequence of van der Corput): no two numbers
ever share a place, and a new one changes nobody else's.
"""

FIRST = -(2**62) + 1  # the lowest token of all is no node's, so no number may come to it
RING = 2**64


def token_of(number: int) -> int:
    """The Murmur3 token of instance `number`, which counts from 1."""
    place, step, rest = 0, RING // 2, number - 1
    while rest:
        place += step * (rest % 2)
        rest, step = rest // 2, step // 2
    return (FIRST + place + RING // 2) % RING - RING // 2
