"""`etcd://user:password@host:port,host:port`: where etcd is, read once.

Before: the command line's option. After: gateway. The password is in no text that anyone prints.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from reconciler.errors import UsageError

DEFAULT_PORT = 2379
_WHOLE = re.compile(r"(?P<scheme>etcds?)://(?:(?P<account>[^@/]*)@)?(?P<hosts>[^@/]*)/?")
_SCHEME = re.compile(r"[A-Za-z]+:/{1,2}")
_HOST = re.compile(
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?)(?::(?P<port>[0-9]{1,5}))?"
)
_FIX = "write etcd://HOST:PORT, etcd://HOST:PORT,HOST:PORT or etcd://USER:PASSWORD@HOST:PORT (etcds:// with TLS)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where etcd listens: host and port of each member, and who we are there (nobody where `user` is empty)."""

    members: tuple[tuple[str, int], ...]
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False

    def __str__(self) -> str:
        return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.members)


def parse_address(text: str) -> Address:
    """The Address of `etcd://…`. Raises UsageError, which never repeats a password."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise UsageError(f"--names {without_account(text)}: this is no address of etcd; {_FIX}")
    account = match["account"]
    user, colon, password = (account or "").partition(":")
    if account is not None and not (user and colon and password):
        raise UsageError(f"--names {without_account(text)}: a user needs a password; {_FIX}")
    return Address(
        members=tuple(_member(part, text) for part in match["hosts"].split(",")),
        user=unquote(user),
        password=unquote(password),
        tls=match["scheme"] == "etcds",
    )


def _member(part: str, text: str) -> tuple[str, int]:
    match = _HOST.fullmatch(part)
    if match is None:
        raise UsageError(f"--names {without_account(text)}: {part!r} is no host and port; {_FIX}")
    port = int(match["port"] or DEFAULT_PORT)
    if not 1 <= port <= 65_535:
        raise UsageError(f"--names {without_account(text)}: port {port} is out of range; use 1 to 65535")
    return match["host"].strip("[]"), port


def without_account(text: str) -> str:
    """`text` with … for all that may be a user and a password in it, however it is mistyped."""
    before, at, host = text.rpartition("@")
    scheme = _SCHEME.match(before)
    return f"{scheme[0] if scheme else ''}…@{host}" if at else text
