"""Whether two bookings are the same one, sent twice. Pure.

A request is known by the customer and the `Idempotency-Key`; one without a key gets a key of its own that nobody else
has. What it asked for is kept as a digest, so that another booking under the same key is told from a replay.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

from acmeair.errors import bad

KEY = re.compile(r"[A-Za-z0-9._~-]{1,64}")


@dataclass(frozen=True, slots=True)
class Trip:
    """What is booked: a flight there and, unless it is one way, one back; each (id, segment)."""

    there: tuple[str, str]
    back: tuple[str, str] | None

    @property
    def digest(self) -> str:
        """The same for the same flights."""
        return _digest("trip", *self.there, *(self.back or ()))


@dataclass(frozen=True, slots=True)
class BookingIds:
    """The ids that a request's rows get."""

    request: str
    there: str
    back: str


def request_key(header: str | None) -> str | None:
    """The key that a client sent, None without one; raises Refusal."""
    if header is None:
        return None
    if not KEY.fullmatch(header):
        raise bad("bad_key", "Idempotency-Key has to be 1 to 64 of the characters A-Z a-z 0-9 . _ ~ -")
    return header


def booking_ids(customer: str, key: str | None) -> BookingIds:
    """The same for the same customer and key, never seen before without a key."""
    seed = ("key", customer, key) if key is not None else ("chance", secrets.token_hex(32))
    return BookingIds(_digest("request", *seed), _digest("there", *seed), _digest("back", *seed))


def _digest(*parts: str) -> str:
    """32 hexadecimal digits; the lengths keep ("ab", "c") and ("a", "bc") apart."""
    whole = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]
