"""Who is signed in: a signed cookie and nothing stored, so that a session outlives a restart of the loop.

Before: the token, from which the key is derived: another token ends all sessions. After: access, which asks for every
request. Kept here: only the sessions that somebody has ended and whose cookies may still be around.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import BadSignature, TimestampSigner

LIFETIME_SECONDS = 30 * 24 * 3600
_MOST_ENDED = 10_000
_COOKIE_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser's stay. `form_token` has to come with each of its forms."""

    id: str
    form_token: str


class _Signer(TimestampSigner):
    """Signs with the time of a clock that is given, not its own."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        super().__init__(key, salt="reconciler console session", key_derivation="hmac", digest_method=sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())


class Sessions:
    """Sessions of one console. `token` is asked for the present token each time; `clock` tells Unix seconds."""

    def __init__(self, *, env: str, port: int, token: Callable[[], str], clock: Callable[[], float]) -> None:
        # Browsers keep cookies by host, not by port: two loops on one machine would overwrite each other's.
        self.cookie_name = f"reconciler-{env}-{port}"
        self._env = env
        self._token = token
        self._clock = clock
        self._ended: OrderedDict[str, None] = OrderedDict()

    def open(self) -> str:
        """The cookie of a new session."""
        return self._signer().sign(secrets.token_urlsafe(18)).decode("ascii")

    def read(self, cookie: str | None) -> Session | None:
        """The session that a cookie stands for; None where it is none of ours, too old, or ended."""
        if not cookie or len(cookie) > _COOKIE_BYTES:
            return None
        try:
            id = self._signer().unsign(cookie, max_age=LIFETIME_SECONDS).decode("ascii")
        except (BadSignature, UnicodeError):
            return None
        return None if id in self._ended else Session(id=id, form_token=self._form_token(id))

    def end(self, session: Session) -> None:
        """Its cookie is worth nothing any more, as long as this loop runs."""
        self._ended[session.id] = None
        while len(self._ended) > _MOST_ENDED:
            self._ended.popitem(last=False)

    def _signer(self) -> _Signer:
        return _Signer(self._key(b"session"), self._clock)

    def _form_token(self, id: str) -> str:
        return hmac.new(self._key(b"form"), id.encode(), sha256).hexdigest()

    def _key(self, purpose: bytes) -> bytes:
        """Derived from the token, for one purpose in one environment: nobody learns the token from a cookie."""
        what = b" ".join((b"reconciler console", purpose, self._env.encode()))
        return hmac.new(self._token().encode(), what, sha256).digest()


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same, in a time that doesn't tell how far they are."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def own_path(text: str) -> str:
    """Where to go after the sign-in: `text` where it is a path of the console, else its first page."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if plain and not text.startswith(("/sign-in", "/sign-out", "/live")) else "/"
