"""The options of `run` that are about names, read into one value.

Before: running. After: loop.settings.
"""

from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated

import typer

from reconciler.cli.options import duration_option
from reconciler.errors import UsageError
from reconciler.loop.settings import NameSettings

_PANEL = "Names"
_LONGEST_TTL_SECONDS = 3_600
_BACKENDS = "embedded, none or etcd://HOST:PORT"


class Server(StrEnum):
    """Where the DNS server runs."""

    AUTO = "auto"
    LOOP = "loop"
    CONTAINER = "container"


BackendOption = Annotated[
    str,
    typer.Option(
        "--names",
        envvar="RECONCILER_NAMES",  # a password in it stays out of the list of processes
        metavar="BACKEND",
        help=f"Where names are kept: {_BACKENDS}.",
        rich_help_panel=_PANEL,
    ),
]
ServerOption = Annotated[
    Server,
    typer.Option(
        "--dns-server",
        help="Where our DNS server runs: auto is the loop's process where it may have port 53, else a container.",
        rich_help_panel=_PANEL,
    ),
]
NameserverOption = Annotated[
    list[str] | None,
    typer.Option(
        "--nameserver",
        metavar="ADDRESS",
        help="Let containers ask this server first, and run none of ours; repeatable.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
TtlOption = Annotated[
    float,
    duration_option("--ttl", help_text="How long an answer may be kept, in whole seconds.", panel=_PANEL),
]
SkydnsPortOption = Annotated[
    int,
    typer.Option(
        "--skydns-port",
        min=0,
        max=65_535,
        help="Port of the SkyDNS API beside the DNS server; 0: none.",
        rich_help_panel=_PANEL,
    ),
]
SkydnsSecretOption = Annotated[
    str | None,
    typer.Option(
        "--skydns-secret",
        envvar="RECONCILER_SKYDNS_SECRET",
        help="What callers of the SkyDNS API have to send as Authorization. Default: nothing.",
        show_default=False,
        show_envvar=True,
        rich_help_panel=_PANEL,
    ),
]


def name_settings(
    backend: str,
    server: Server,
    nameservers: list[str] | None,
    *,
    ttl_seconds: float,
    skydns_port: int,
    skydns_secret: str | None,
) -> NameSettings:
    """The value of these options. Raises UsageError where one can't be, or where they contradict each other."""
    if backend not in ("embedded", "none") and not backend.startswith(("etcd://", "etcds://")):
        from reconciler.dns.etcd.address import without_account

        raise UsageError(f"--names {without_account(backend)!r}: there is {_BACKENDS}")
    for address in nameservers or ():
        _insist_on_address(address)
    if nameservers and not backend.startswith("etcd"):
        raise UsageError(f"--nameserver: with `--names {backend}` no other server can know our names; give an etcd://")
    if nameservers and server is not Server.AUTO:
        raise UsageError(f"--dns-server {server.value} runs a server of ours, --nameserver asks another: choose one")
    if not 1 <= ttl_seconds <= _LONGEST_TTL_SECONDS or ttl_seconds != int(ttl_seconds):
        raise UsageError(f"--ttl {ttl_seconds:g}s: give whole seconds, from 1 to {_LONGEST_TTL_SECONDS}")
    if skydns_secret is not None and (not skydns_secret or not skydns_secret.isprintable()):
        raise UsageError("--skydns-secret: give at least one character, all of them printable")
    return NameSettings(
        backend=backend,
        server=server.value,
        nameservers=tuple(nameservers or ()),
        ttl_seconds=int(ttl_seconds),
        skydns_port=skydns_port,
        skydns_secret=skydns_secret,
    )


def _insist_on_address(text: str) -> None:
    try:
        address = IPv4Address(text)
    except AddressValueError as error:
        raise UsageError(f"--nameserver {text!r} is no IPv4 address; write it like 10.89.0.2") from error
    if address.is_loopback:
        raise UsageError(f"--nameserver {text}: a container's loopback is its own; give an address it can reach")
