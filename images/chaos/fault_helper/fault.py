"""What every kind of fault does, so that the program can do it at the right time."""

from collections.abc import Mapping
from typing import Any

Message = dict[str, Any]


class Fault:
    """Nothing, done and undone; each kind says what is different.

    Every method may raise Unusable or OSError: then what was done is undone, and the helper ends saying why.
    """

    tick_seconds: float | None = None
    """How often `tick` wants to be called while it bites; None: never."""
    at_once = False
    """It needs no word: it is done at the start, and over."""

    def stage(self) -> None:
        """Everything that can be prepared, so that biting is quick. Nothing is felt yet."""

    def bite(self) -> Message:
        """Do it, see that it is done, and say what was done."""
        return {}

    def heal(self) -> None:
        """Undo it; also where it was never done, or done by half."""

    def tick(self) -> None:
        """Again what has to be done again."""

    def asked(self, request: Mapping[str, Any]) -> Message | None:
        """The answer to any other request, None where there is none to give."""
        from fault_helper.settings import Unusable

        raise Unusable(f"nobody here knows what {request.get('do')!r} is")

    def descriptors(self) -> tuple[int, ...]:
        """What to listen to beside standard input."""
        return ()

    def readable(self, descriptor: int) -> None:
        """Something came there."""
