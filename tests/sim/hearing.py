"""Who can be heard in the small world: cuts that come at once, late to a newcomer, and end for one before the others.

Before: script, whose happenings these are. After: truth, which lets nobody's beat through who can't be heard.
What comes late or early does so by less than silence is borne: beyond that no planner could know.
"""

from tests.sim.checks import LIMIT_SECONDS
from tests.sim.model import Model

_WORDS = (1.0, 2.0, 3.0, LIMIT_SECONDS)


class Hearing:
    """Happenings of a play that concern the channel alone."""

    __slots__ = ()
    model: Model

    def _deaf(self, a: int, b: int) -> None:
        """Nothing reaches us from one zone, or from all of them."""
        self.model.hear_all()
        self.model.deaf = frozenset(("a", "b", "c", "d") if b == 0 else ("abcd"[a % 4],))

    def _cut(self, a: int, b: int) -> None:
        """The same, but a newcomer there is heard for a moment before the cut comes to it, too."""
        self._deaf(a, 1)
        self.model.words_seconds = _WORDS[b % len(_WORDS)]

    def _mend(self, a: int, b: int) -> None:
        """The cut ends: the newest there is heard at once, the others a moment later."""
        model = self.model
        there = [key for key, box in model.boxes.items() if box.instance.zone in model.deaf]
        model.early = frozenset(sorted(there)[-1:])
        model.hear_at = model.now + _WORDS[b % len(_WORDS)]

    def _hear(self, a: int, b: int) -> None:
        self.model.hear_all()
