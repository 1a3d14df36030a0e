"""Passwords as they are stored: scrypt, with its cost and salt in the text. Pure, but for the salt's chance.

The cost is for two cores that all tiers share (about 3 ms). A real deployment takes N = 131072.
"""

import base64
import hashlib
import hmac
import secrets

COST = (1024, 8, 1)  # N, r, p


def protect(password: str, salt: bytes | None = None) -> str:
    """What to store: `scrypt$N$r$p$salt$hash`."""
    salt = salt or secrets.token_bytes(16)
    n, r, p = COST
    digest = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=32)
    return "$".join(("scrypt", str(n), str(r), str(p), _text(salt), _text(digest)))


def matches(password: str, stored: str) -> bool:
    """Whether it is the one; takes as long when nothing is stored, so nobody learns who exists."""
    kind, n, r, p, salt, digest = (stored or NOBODY).split("$")
    if kind != "scrypt":
        raise ValueError(f"a stored password of an unknown kind: {kind}")
    wanted = base64.b64decode(digest)
    found = hashlib.scrypt(
        password.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), dklen=len(wanted)
    )
    return hmac.compare_digest(found, wanted) and bool(stored)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


NOBODY = "$".join(("scrypt", *map(str, COST), _text(bytes(16)), _text(bytes(32))))
