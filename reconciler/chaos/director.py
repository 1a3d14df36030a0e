"""Who has faults made: the beginning of each, its id, its end in time.

Before: the command line, drills. After: running. Chance and time come as arguments; what must be told or closed
elsewhere comes as callables, since chaos knows neither the loop nor its API.
"""

import threading
import time
from collections.abc import Callable
from random import Random, SystemRandom

from reconciler.chaos.attack import Attack
from reconciler.chaos.running import Means, Running
from reconciler.engine.fault_ports import FaultEngine
from reconciler.engine.helpers import IMAGE
from reconciler.errors import ChaosRefused

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ID_LENGTH = 5
_SPARE_SECONDS = 3.0  # a helper's time begins before the fault does, and its end is only for the case that nobody heals
_SPARE_SECONDS_EACH = 0.5


def _nothing(*_: object) -> None:
    """Nobody is there to be told."""


class Director:
    """Makes faults in one environment; used by one thread at a time, several faults may be in force.

    `note(cluster, subject, cause)` makes an event of a kill. `close_zone(zone, seconds, why)` and `open_zone(zone)`
    are for a gorilla that keeps its zone down. `tell` gets a few words at each step. `stop`: once it is set, a fault
    that is being staged is given up (KeyboardInterrupt).
    """

    def __init__(  # noqa: PLR0913  # each is somebody else's to lend
        self,
        engine: FaultEngine,
        env: str,
        *,
        note: Callable[[str, str, str], None] = _nothing,
        close_zone: Callable[[str, float, str], None] = _nothing,
        open_zone: Callable[[str], None] = _nothing,
        tell: Callable[[str], None] = _nothing,
        stop: threading.Event | None = None,
        now: Callable[[], float] = time.time,
        rng: Random | None = None,
    ) -> None:
        self._means = Means(
            engine=engine,
            env=env,
            note=note,
            close_zone=close_zone,
            open_zone=open_zone,
            tell=tell,
            stop=stop or threading.Event(),
        )
        self._now = now
        self._rng = rng or SystemRandom()

    def check(self, attack: Attack) -> None:
        """Raises ChaosRefused where the engine lacks what the attack needs, EngineError where it can't be asked."""
        if attack.helper is not None and IMAGE not in self._means.engine.images([IMAGE]):
            raise ChaosRefused(
                f"{attack.kind} is refused: the image {IMAGE} is not on the engine; `reconciler images build chaos` "
                "makes it"
            )

    def unleash(self, attack: Attack) -> Running:
        """The fault in force, seen to bite. Its `end` undoes it, at the latest when it is left as a context.

        Raises DoesNotBite or another ReconcilerError; then it is undone already.
        """
        self.check(attack)
        ttl_seconds = attack.seconds + _SPARE_SECONDS + _SPARE_SECONDS_EACH * len(attack.victims)
        fault_id = "".join(self._rng.choice(_LETTERS) for _ in range(_ID_LENGTH))
        running = Running(self._means, attack, fault_id, until=self._now() + ttl_seconds, ttl_seconds=ttl_seconds)
        try:
            running.begin()
        except BaseException:
            running.end()
            raise
        return running
