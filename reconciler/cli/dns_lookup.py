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
_LONGEST_LABEL = 63
_LONGEST_NAME = 253


@environment
def lookup(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="A name, or an address; the search domain is added where it is missing.")],
    kind: Annotated[
        str | None, typer.Option("--type", "-t", metavar="TYPE", help="A, SRV, TXT, PTR, … Default: A and SRV.")
    ] = None,
    how: Annotated[Plain, typer.Option("--output", "-o", help="For people, or for scripts.")] = Plain.TEXT,
) -> None:
    """Show what a name answers and why: who is behind it, and what keeps the others out. Exits 1 for no such name, and
    where the server fails.

    Examples: `reconciler dns lookup webapp`, `reconciler dns lookup webapp1.webapp`,
    `reconciler dns lookup '*.*.az1.*.webapp' --type SRV`.
    """
    kinds = _kinds(kind)
    name, kinds = _of_address(name, kinds) if kind is None else (name, kinds)
    _insist_on_name(name, settings)
    found = session.client(settings).lookup(name)
    heard = _ask(found, kinds)
    if found.ours and not found.known and heard is not None and heard.answers:
        # A server in its own container keeps what others register to itself.
        found = replace(found, known=True, meaning="registered at the DNS server by somebody else")
    if how is Plain.JSON:
        output.emit_json(_json(found, heard))
    else:
        _show(found, heard)
    missing = not found.known if found.ours else not (heard and heard.answers)
    if missing or (heard is not None and heard.failed):
        raise typer.Exit(_EXIT_UNKNOWN)


def _kinds(kind: str | None) -> tuple[str, ...]:
    if kind is None:
        return _USUAL
    if kind.upper() not in KINDS:
        raise UsageError(f"--type {kind!r}: there are {', '.join(KINDS)}")
    return (kind.upper(),)


def _insist_on_name(name: str, settings: Settings) -> None:
    """Raises UsageError for what can't be asked in DNS: RFC 1035, section 2.3.4, has the lengths."""
    from reconciler.plan.lookup import whole_name

    shown = f"{name[:40]}…" if len(name) > 40 else name
    if not name or not name.isprintable():
        raise UsageError(f"{shown!r} is no name")
    labels = name.removesuffix(".").split(".")
    if not all(labels):
        raise UsageError(f"{shown!r} is no name: it has an empty label, between two dots or at an end")
    longest = max(len(label.encode()) for label in labels)
    if longest > _LONGEST_LABEL:
        raise UsageError(f"{shown!r} is no name: it has a label of {longest} characters; {_LONGEST_LABEL} is the most")
    length = len(whole_name(name, settings.env, settings.domain).encode())
    if length > _LONGEST_NAME:
        raise UsageError(f"{shown!r} is no name: as a whole it has {length} characters; {_LONGEST_NAME} is the most")


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
    statuses: dict[str, str] = {}
    try:
        for kind in kinds:
            told = ask(found.name, kind, server)
            statuses[kind] = told.status
            for record, ttl, value in told.records:
                answers.setdefault(record, []).append((ttl, value))
    except NoAnswer as problem:
        return Heard(server=server, answers={}, problem=f"the DNS server did not answer this host: {problem}")
    return Heard(server=server, statuses=statuses, answers=answers)


def _json(found: "NameStatus", heard: "Heard | None") -> Mapping[str, Any]:
    from reconciler.api.encode import name_dict

    asked = None
    if heard is not None:
        records = [
            {"type": kind, "ttl": ttl, "value": value}
            for kind, values in heard.answers.items()
            for ttl, value in values
        ]
        asked = {
            "server": heard.server,
            "status": heard.status,
            "statuses": dict(heard.statuses),
            "problem": heard.problem,
            "records": records,
        }
    return {**name_dict(found), "asked": asked}


def _show(found: "NameStatus", heard: "Heard | None") -> None:
    from reconciler.console.name_view import name_view
    from reconciler.console.terminal import glyphs_of, text_width

    console = output.console()
    output.show(name_view(found, heard, text_width(console), glyphs=glyphs_of(console)))
