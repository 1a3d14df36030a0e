"""Asking the helpers who is reached: from inside the victims' own networks, one direction at a time.

Before: running. After: matrix. Each helper sends datagrams to all others, then each says whom it heard.
"""

import time
from collections.abc import Callable, Sequence
from itertools import permutations

from reconciler.chaos.helper import Helper, Message, ask
from reconciler.chaos.matrix import Matrix
from reconciler.chaos.shapes import RECONCILER

_ANSWER_SECONDS = 3.0
_ARRIVE_SECONDS = 0.03  # a datagram over a bridge takes far less; a busy machine may take a while to hand it over


class Prober:
    """Rounds of probes. `listener` is the reconciler's address and port where it is asked for, else None."""

    def __init__(self, listener: tuple[str, int] | None) -> None:
        self._listener = listener
        self._round = 0

    def look(self, helpers: Sequence[Helper]) -> Matrix:
        """Who reaches whom now, among the victims of these helpers. Who ends meanwhile isn't in it."""
        self._round += 1
        number = self._round
        addresses = {one.instance.address: one.name for one in helpers if one.instance.address}
        for one in helpers:
            one.say("probe", {"round": number, "to": [ip for ip in addresses if ip != one.instance.address]})
        self._heard(helpers, number)  # whoever answers has sent by then
        time.sleep(_ARRIVE_SECONDS)
        heard = self._heard(helpers, number)
        here = [one for one in helpers if one.name in heard]
        zones = {one.name: one.instance.zone for one in here}
        reaches = {
            (a.name, b.name): a.instance.address in heard[b.name].get("from", ()) for a, b in permutations(here, 2)
        }
        if self._listener is not None:
            zones[RECONCILER] = RECONCILER
            reaches |= self._reconciler(here, self._listener)
        return Matrix(zones=zones, reaches=reaches)

    @staticmethod
    def _heard(helpers: Sequence[Helper], number: int) -> dict[str, Message]:
        """Whom each has heard in this round until now, in its own words."""
        more = {"round": number}
        return ask(helpers, "heard", "heard", _ANSWER_SECONDS, lambda _: more, lambda said: said.get("round") == number)

    @staticmethod
    def _reconciler(helpers: Sequence[Helper], listener: tuple[str, int]) -> dict[tuple[str, str], bool]:
        """Whether an answer comes from where the reconciler listens; "nobody listens" is one, too."""
        return {(name, RECONCILER): there for name, there in answered(helpers, listener).items()}


def answered(helpers: Sequence[Helper], peer: tuple[str, int]) -> dict[str, bool]:
    """Whether each gets an answer to a connection: an open port, or one that nobody has."""
    told = ask(helpers, "connect", "connected", _ANSWER_SECONDS, lambda _: {"to": [list(peer)]})
    return {
        name: any(one[:2] == list(peer) and one[2] != "silent" for one in answer.get("to", ()))
        for name, answer in told.items()
    }


def until(
    look: Callable[[], Matrix],
    expected: Callable[[Matrix], Matrix],
    seconds: float,
    enough: Callable[[], bool] = lambda: False,
) -> tuple[Matrix, Matrix]:
    """Look again until it is as expected, the time is over, or it is `enough`: what is meant, what was found.

    `expected` is asked anew with each look, since victims may end meanwhile.
    """
    give_up_at = time.monotonic() + seconds
    while True:
        found = look()
        meant = expected(found)
        if not meant.differences(found) or time.monotonic() >= give_up_at or enough():
            return meant, found
