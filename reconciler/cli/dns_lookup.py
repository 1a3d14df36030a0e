"""`dns lookup`: what a name answers and why, without dig.

Before: dns (the group). After: the loop, which knows why; the DNS server, which is asked as any program would.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli import output, session
from reconciler.cli.options import environment
from reconciler.cli.output import Plain
from reconciler.errors import UsageError
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.console.name_view import Heard
    from reconciler.plan.lookup import NameStatus

KINDS = ("A", "AAAA", "SRV", "TXT", "CNAME", "NS", "SOA", "PTR", "MX", "ANY")
_USUAL = ("A", "SRV")
_EXIT_UNKNOWN = 1


@environment
def lookup(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="A name, or an address; the search domain is added where it is missing.")],
    kind: Annotated[
        str | None, typer.Option("--type", "-t", metavar="TYPE", help="A, SRV, TXT, PTR, … Default: A and SRV.")
    ] = None,
    how: Annotated[Plain, typer.Option("--output", "-o", help="For people, or for scripts.")] = Plain.TEXT,
) -> None:
    """Show what a name answers and why: who is behind it, and what keeps the others out. Exits 1 for no such name.

    Examples: `reconciler dns lookup webapp`, `reconciler dns lookup webapp1.webapp`,
    `reconciler dns lookup '*.*.az1.*.webapp' --type SRV`.
    """
    kinds = _kinds(kind)
    name, kinds = _of_address(name, kinds) if kind is None else (name, kinds)
    if not 0 < len(name) <= 255 or not name.isprintable():
        raise UsageError(f"{name[:40]!r} is no name")
    found = session.client(settings).lookup(name)
    heard = _ask(found, kinds)
    if found.ours and not found.known and heard is not None and heard.answers:
        # A server in its own container keeps what others register to itself.
        found = replace(found, known=True, meaning="registered at the DNS server by somebody else")
    if how is Plain.JSON:
        output.emit_json(_json(found, heard))
    else:
        _show(found, heard)
    if (found.ours and not found.known) or (not found.ours and not (heard and heard.answers)):
        raise typer.Exit(_EXIT_UNKNOWN)


def _kinds(kind: str | None) -> tuple[str, ...]:
    if kind is None:
        return _USUAL
    if kind.upper() not in KINDS:
        raise UsageError(f"--type {kind!r}: there are {', '.join(KINDS)}")
    return (kind.upper(),)


def _of_address(name: str, kinds: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """An address stands for its reverse name, as people expect of `dig -x`."""
    from ipaddress import AddressValueError, IPv4Address

    try:
        return f"{IPv4Address(name).reverse_pointer}.", ("PTR",)
    except AddressValueError:
        return name, kinds


def _ask(found: "NameStatus", kinds: tuple[str, ...]) -> "Heard | None":
    """What the first server that containers ask says to this host; None where containers ask none of ours."""
    from reconciler.console.name_view import Heard
    from reconciler.dns.asking import NoAnswer, ask

    if not found.nameservers:
        return None
    server = found.nameservers[0]
    answers: dict[str, list[tuple[int, str]]] = {}
    status = ""
    try:
        for kind in kinds:
            told = ask(found.name, kind, server)
            status = status or told.status
            for record, ttl, value in told.records:
                answers.setdefault(record, []).append((ttl, value))
    except NoAnswer as problem:
        return Heard(server=server, answers={}, problem=f"the DNS server did not answer this host: {problem}")
    return Heard(server=server, status=status, answers=answers)


def _json(found: "NameStatus", heard: "Heard | None") -> Mapping[str, Any]:
    from reconciler.api.encode import name_dict

    asked = None
    if heard is not None:
        records = [
            {"type": kind, "ttl": ttl, "value": value}
            for kind, values in heard.answers.items()
            for ttl, value in values
        ]
        asked = {"server": heard.server, "status": heard.status, "problem": heard.problem, "records": records}
    return {**name_dict(found), "asked": asked}


def _show(found: "NameStatus", heard: "Heard | None") -> None:
    from reconciler.console.name_view import name_view
    from reconciler.console.terminal import glyphs_of, text_width

    console = output.console()
    output.show(name_view(found, heard, text_width(console), glyphs=glyphs_of(console)))
