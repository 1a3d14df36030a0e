"""The options of `run` for the web console and the REST API: an address in, ConsoleSettings out, and their URL.

Before: `run`, `console`. After: loop.settings' value, serving. Pure; loopback unless an address says otherwise.
"""

import re
from ipaddress import IPv6Address, ip_address
from typing import Annotated

import typer

from reconciler.errors import UsageError
from reconciler.loop.settings import ConsoleSettings

_PANEL = "Console"
_LOOPBACK = "127.0.0.1"
_HOW = "write it like 127.0.0.1:8600, :8600 or [::1]:8600"
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)

ConsoleOption = Annotated[
    str | None,
    typer.Option(
        "--console",
        metavar="[HOST:]PORT",
        envvar="RECONCILER_CONSOLE",
        help="Serve the web console and the REST API there; loopback where no host is given, port 0: any free one.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
ConsoleNameOption = Annotated[
    list[str] | None,
    typer.Option(
        "--console-name",
        metavar="HOST",
        envvar="RECONCILER_CONSOLE_NAME",
        help="A host name that browsers may use for it, besides addresses and localhost; repeatable.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
ReadOnlyOption = Annotated[
    bool,
    typer.Option(
        "--console-read-only",
        envvar="RECONCILER_CONSOLE_READ_ONLY",
        help="Nothing can be changed through it.",
        rich_help_panel=_PANEL,
    ),
]


def console_settings(address: str | None, names: list[str] | None, *, read_only: bool) -> ConsoleSettings | None:
    """What the options mean; None: no console. Raises UsageError."""
    if not address:
        if names or read_only:
            raise UsageError("--console-name and --console-read-only go with --console: say where it is to listen")
        return None
    for name in names or ():
        if not _HOST_NAME.fullmatch(name):
            raise UsageError(f"--console-name {name!r} is no host name; write it like cloud.example.test")
    host, port = _place(address)
    return ConsoleSettings(
        host=host, port=port, names=tuple(name.lower() for name in names or ()), read_only=read_only
    )  # fmt: skip


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.strip().rpartition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise UsageError(f"--console {text!r}: {port!r} is no port; {_HOW}")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or bare == "localhost":
        return _LOOPBACK, int(port)
    try:
        address = ip_address(bare)
    except ValueError as error:
        raise UsageError(
            f"--console {text!r}: {bare!r} is no address; {_HOW} (a name that browsers use goes to --console-name)"
        ) from error
    if isinstance(address, IPv6Address) and bare == host:
        raise UsageError(f"--console {text!r}: put an IPv6 address in brackets; {_HOW}")
    return str(address), int(port)


def url_of(console: ConsoleSettings, port: int) -> str:
    """What a browser on this machine opens, or elsewhere, where the console has a name or an address there."""
    address = ip_address(console.host)
    if address.is_unspecified:
        host = console.names[0] if console.names else _LOOPBACK
    else:
        host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    return f"http://{host}:{port}"


def is_private(console: ConsoleSettings) -> bool:
    """Only this machine reaches it."""
    return ip_address(console.host).is_loopback
