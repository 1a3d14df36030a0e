"""What a registry (Eureka) says of one instance.

Before: the engine room's follower of Eureka. After: plan, which compares it with who should have traffic. Values only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """`status` is Eureka's word (UP, STARTING, OUT_OF_SERVICE …). `held_out`: it is OUT_OF_SERVICE by our word."""

    status: str
    held_out: bool = False
