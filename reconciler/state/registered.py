"""What a registry (Eureka) says of one instance.

Before: the engine room's follower of Eureka. After: plan, which compares it with who should have traffic. Values only.
"""

from dataclasses import dataclass

UP = "UP"
OUT_OF_SERVICE = "OUT_OF_SERVICE"
_DRAWING = frozenset({UP, "STARTING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """`status` is Eureka's word (UP, STARTING, OUT_OF_SERVICE …). `held_out`: it is so because somebody other than the
    instance put it OUT_OF_SERVICE, as we do; the instance's own word doesn't change that.

    `parted`: nothing says any more that it is registered there; what holds it out is ours to take back.
    `entry` is its id in the registry `place`. `since` is when that status was first seen there (attended time). `born`
    is when it registered, by the registry's clock: it tells one lease from the next.
    """

    status: str
    held_out: bool = False
    place: str = ""
    entry: str = ""
    since: float = 0.0
    born: int = 0
    parted: bool = False

    @property
    def draws(self) -> bool:
        """Clients send it requests, or will as soon as it says that it is up."""
        return not self.held_out and self.status in _DRAWING
