"""The public half of an Ed25519 key (RFC 8032, 5.1.5), so that one can be made where no ssh program is. Pure.

Before: keys, with 32 random bytes. After: keys writes both halves. Never here: signing or checking; whoever logs in
does that with OpenSSH. It's computed once for an environment and nobody can watch it, so it need not take the same time
for every key.
"""

import hashlib

_PRIME = 2**255 - 19
_CURVE = -121665 * pow(121666, -1, _PRIME) % _PRIME
# The base point: y is 4/5 and x is even.
_BASE_Y = 4 * pow(5, -1, _PRIME) % _PRIME
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202

Point = tuple[int, int]


def public_key(seed: bytes) -> bytes:
    """The 32 bytes that may be shown to anybody, of the 32 that may not."""
    if len(seed) != 32:
        raise ValueError(f"a seed has 32 bytes, not {len(seed)}")
    scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    scalar = (scalar & ((1 << 254) - 8)) | (1 << 254)
    x, y = _times(scalar, (_BASE_X, _BASE_Y))
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def _times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1)
    while scalar:
        if scalar & 1:
            total = _plus(total, point)
        point = _plus(point, point)
        scalar >>= 1
    return total


def _plus(one: Point, other: Point) -> Point:
    """The curve's addition: complete, so that it also doubles and takes the neutral point."""
    (x1, y1), (x2, y2) = one, other
    crossed = _CURVE * x1 * x2 * y1 * y2 % _PRIME
    x = (x1 * y2 + x2 * y1) * pow(1 + crossed, -1, _PRIME)
    y = (y1 * y2 + x1 * x2) * pow(1 - crossed, -1, _PRIME)
    return x % _PRIME, y % _PRIME
