"""What this host needs so that its programs resolve a zone through our server, and what takes that back. Pure.

Before: host (how it resolves now), server (who is to be asked). After: doing (the steps), text (for a person).
Ordered rules, first match wins: macOS has files of its own; systemd-resolved is told where libc asks it; else
/etc/resolv.conf. Never here: reading or changing anything.
"""

from dataclasses import dataclass, replace
from functools import partial

from reconciler.engine.resolvers import nameservers
from reconciler.setup.findings import SetupError
from reconciler.setup.resolving import remarks
from reconciler.setup.resolving.block import block, has_block, with_block, without_block
from reconciler.setup.resolving.host import MAC_DIRECTORY, RESOLV_CONF, Host
from reconciler.setup.resolving.in_place import Change
from reconciler.setup.resolving.server import Server

_STUBS = frozenset({"127.0.0.53", "127.0.0.54"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run, as root."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A file to change. `change` is given what the file holds at that moment."""

    path: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`intro` and `remarks` are sentences; `lines` are what a person would paste. Without steps nothing is to do."""

    intro: str
    lines: tuple[str, ...] = ()
    steps: tuple[Command | Edit, ...] = ()
    done: str = ""
    remarks: tuple[str, ...] = ()


def setting_up(host: Host, server: Server) -> Way:
    """Raises SetupError where this host can't be set up by us."""
    way = _chosen(host, server)
    return way if server.answers else replace(way, remarks=(remarks.silent(server.zone), *way.remarks))


def _chosen(host: Host, server: Server) -> Way:
    if host.platform == "darwin":
        return _mac(host, server)
    if host.platform != "linux":
        raise SetupError(
            f"this system ({host.platform}) can't be set up from here; let its resolver ask {server.address}, port 53, "
            f"for {server.zone}"
        )
    if asks_resolved(host):
        return _resolved(server)
    return _resolv_conf(host, server)


def asks_resolved(host: Host) -> bool:
    """Libc asks systemd-resolved: through its stub's address, or through its module for nsswitch.

    One that merely runs, while resolv.conf names other servers, is asked by nobody.
    """
    if not host.resolved:
        return False
    text = (host.resolv_conf or b"").decode("utf-8", errors="replace")
    hosts = [line.split() for line in (host.nsswitch or b"").decode("utf-8", errors="replace").splitlines()]
    module = any(words[:1] == ["hosts:"] and "resolve" in words for words in hosts)
    return module or bool(_STUBS.intersection(nameservers(text)))


def _resolved(server: Server) -> Way:
    commands = (
        Command(words=("resolvectl", "dns", server.bridge, server.address)),
        Command(words=("resolvectl", "domain", server.bridge, f"~{server.zone}")),
    )
    return Way(
        intro=f"Programs here ask systemd-resolved. These commands, as root, send it to {server.address} for "
        f"{server.zone}, and for nothing else:",
        lines=tuple(" ".join(command.words) for command in commands),
        steps=commands,
        done=f"systemd-resolved asks {server.address} for {server.zone}",
        remarks=(remarks.UNTIL_RESTART,),
    )


def _resolv_conf(host: Host, server: Server) -> Way:
    before = host.resolv_conf
    after = with_block(before, server.env, server.address)
    cautions = remarks.about(host, after, server.address)
    if before is not None and has_block(before, server.env, server.address):
        said = f"{RESOLV_CONF} already sends programs to {server.address} for {server.zone}; nothing to do."
        return Way(intro=said, remarks=cautions)
    return Way(
        intro=f"Programs here ask the servers in {RESOLV_CONF}, in their order. These lines belong at its top:",
        lines=tuple(block(server.env, server.address).decode("ascii").splitlines()),
        steps=(Edit(path=RESOLV_CONF, change=partial(with_block, env=server.env, address=server.address)),),
        done=f"{RESOLV_CONF} sends programs to {server.address} first, which answers {server.zone} and passes on "
        "all other names",
        remarks=cautions,
    )


# ------------------------------------------------------------ macOS


def _mac(host: Host, server: Server) -> Way:
    path = _mac_path(server.zone)
    wanted = _mac_mark(server.env) + b"nameserver %s\n" % server.address.encode("ascii")
    if host.mac_file is not None and not host.mac_file.startswith(_mac_mark(server.env)):
        raise SetupError(f"{path} is there and isn't ours; remove it, or choose another --env or --domain")
    if host.mac_file == wanted:
        said = f"{path} already sends programs to {server.address} for {server.zone}; nothing to do."
        return Way(intro=said, remarks=(remarks.MAC_REACH,))
    return Way(
        intro=f"Programs on macOS find the server of a domain in a file. {path} is to hold:",
        lines=tuple(wanted.decode("ascii").splitlines()),
        steps=(Edit(path=path, change=partial(_mac_write, path=path, env=server.env, wanted=wanted)),),
        done=f"{path} sends programs to {server.address} for {server.zone}",
        remarks=(remarks.MAC_REACH,),
    )


def _mac_write(now: bytes | None, *, path: str, env: str, wanted: bytes | None) -> bytes | None:
    """Judged once more when it is written: what somebody else put there meanwhile stays."""
    if now is not None and not now.startswith(_mac_mark(env)):
        raise SetupError(f"{path} is there and isn't ours; it was left alone")
    return wanted


def _mac_path(zone: str) -> str:
    return f"{MAC_DIRECTORY}/{zone}"


def _mac_mark(env: str) -> bytes:
    return b"# reconciler %s\n" % env.encode("ascii")


# ------------------------------------------------------------ taken back


def taking_back(host: Host, env: str, zone: str, bridge: str | None) -> Way:
    """All that `setting_up` may have done, whichever way it took then. `bridge` is None where there is no network."""
    edits: list[Edit] = []
    if host.platform == "darwin" and host.mac_file is not None and host.mac_file.startswith(_mac_mark(env)):
        path = _mac_path(zone)
        edits.append(Edit(path=path, change=partial(_mac_write, path=path, env=env, wanted=None)))
    if host.resolv_conf is not None and without_block(host.resolv_conf, env) != host.resolv_conf:
        edits.append(Edit(path=RESOLV_CONF, change=partial(_out_of_resolv_conf, env=env)))
    reverts = [Command(words=("resolvectl", "revert", bridge))] if host.resolved and bridge else []
    if not edits and not reverts:
        return Way(intro=f"Nothing here sends programs to the server of environment {env}; nothing to do.")
    places = [*(edit.path for edit in edits), *("systemd-resolved" for _ in reverts)]
    return Way(
        intro=f"Taken back from {' and '.join(places)}:",
        steps=(*edits, *reverts),
        done=f"{' and '.join(places)}: as before, without environment {env}",
    )


def _out_of_resolv_conf(now: bytes | None, *, env: str) -> bytes | None:
    return None if now is None else without_block(now, env)
