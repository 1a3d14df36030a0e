"""What is seen of a cut against what is meant of it: before it, under it, after it.

Before: running, holding. After: probing (asks), matrix (compares). Who was out of reach before stays so, and is told.
"""

from collections.abc import Callable

from reconciler.chaos.attack import Attack
from reconciler.chaos.crew import Crew
from reconciler.chaos.matrix import Matrix
from reconciler.chaos.probing import Prober, until

PHASE_SECONDS = 3.0  # a cut that isn't seen everywhere by then does not bite
_BEFORE_SECONDS = 1.0


class Sight:
    """Looks through the crew's eyes. `before` is what was reached when nothing was cut yet.

    `enough` is asked after each look that isn't as meant; it may mend whom the next one asks.
    """

    def __init__(self, attack: Attack, crew: Crew) -> None:
        asks_reconciler = attack.cut is not None and attack.cut.shape == "reconciler"
        self._prober = Prober((attack.gateway, attack.listener_port) if asks_reconciler else None)
        self._attack = attack
        self._crew = crew
        self.before: Matrix | None = None

    def look_before(self, enough: Callable[[], bool]) -> int:
        """Remember what is reached while nothing is cut; how many pairs are not."""
        _, self.before = until(self._look, self._free, _BEFORE_SECONDS, enough)
        return self.before.cut

    def under_the_cut(self, enough: Callable[[], bool]) -> tuple[Matrix, Matrix]:
        """What is meant and what was found, once they agree, time is over, or it is enough."""
        return until(self._look, self._cut, PHASE_SECONDS, enough)

    def afterwards(self, enough: Callable[[], bool]) -> tuple[Matrix, Matrix]:
        """The same when everybody should be as before."""
        return until(self._look, self._free, PHASE_SECONDS, enough)

    def _look(self) -> Matrix:
        return self._prober.look(self._crew.helpers)

    def _cut(self, found: Matrix) -> Matrix:
        return self._as_possible(self._attack.meant([one.instance for one in self._crew.helpers]), found)

    def _free(self, found: Matrix) -> Matrix:
        everyone = self._attack.meant([one.instance for one in self._crew.helpers])
        free = Matrix(zones=everyone.zones, reaches=dict.fromkeys(everyone.reaches, True))
        return self._as_possible(free, found)

    def _as_possible(self, matrix: Matrix, found: Matrix) -> Matrix:
        """Of those who answered: who ends meanwhile isn't asked for."""
        there = matrix.only(found.zones)
        return there if self.before is None else there.within(self.before)
