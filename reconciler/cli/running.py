"""`run` and `stop`: the loop itself, in the foreground or on its own.

Before: main. After: wiring (all the rooms put together), detach (a loop without a terminal).
"""

import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.console_options import ConsoleNameOption, ConsoleOption, ReadOnlyOption, console_settings
from reconciler.cli.name_options import (
    BackendOption,
    NameserverOption,
    Server,
    ServerOption,
    SkydnsPortOption,
    SkydnsSecretOption,
    TtlOption,
    name_settings,
)
from reconciler.cli.options import duration_option, environment
from reconciler.errors import LoopNotRunning, ReconcilerError, UsageError
from reconciler.loop.settings import Settings

app = typer.Typer()

_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.05


class Log(StrEnum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


@app.command(rich_help_panel="Run")
@environment
def run(  # noqa: PLR0917
    settings: Settings,
    specs_path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SPECS]", help="The directory to watch. Default: --specs, ./specs.", show_default=False
        ),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Go on in the background; `stop` ends it.")] = False,
    standby: Annotated[bool, typer.Option("--standby", help="Wait while another loop runs, then take over.")] = False,
    resync: Annotated[float, duration_option("--resync", help_text="Look at everything this often.")] = 10.0,
    lost_after: Annotated[
        float, duration_option("--lost-after", help_text="Start a canary after this long without heartbeats.")
    ] = 60.0,
    subnet: Annotated[
        str | None,
        typer.Option(
            "--subnet",
            metavar="CIDR",
            help="The network's addresses. Default: a free one.",
            show_default=False,
        ),
    ] = None,
    names: BackendOption = "embedded",
    dns_server: ServerOption = Server.AUTO,
    nameserver: NameserverOption = None,
    ttl: TtlOption = 5.0,
    skydns_port: SkydnsPortOption = 8080,
    skydns_secret: SkydnsSecretOption = None,
    log_format: Annotated[Log, typer.Option("--log-format", help="How to write the log.")] = Log.TEXT,
    secrets_dir: Annotated[
        Path | None, typer.Option("--secrets-dir", help="Where secret files may be, too.", show_default=False)
    ] = None,
    allow_path: Annotated[
        list[Path] | None,
        typer.Option(
            "--allow-path",
            help="A host directory that volumes may come from; repeatable.",
            show_default=False,
        ),
    ] = None,
    console: ConsoleOption = None,
    console_name: ConsoleNameOption = None,
    console_read_only: ReadOnlyOption = False,
    polling: Annotated[
        bool, typer.Option("--polling", help="Look for changed files instead of being told (network disks).")
    ] = False,
) -> None:
    """Keep Docker as the specs say, until SIGTERM or Ctrl-C; the containers stay then.

    Examples: `reconciler run specs/`, `reconciler run --detach`, `reconciler run --env ci --log-format json`.
    """
    chosen = replace(
        settings,
        specs=(specs_path or settings.specs).expanduser().absolute(),
        resync_seconds=_positive("--resync", resync),
        lost_after_seconds=_positive("--lost-after", lost_after),
        subnet=_subnet(subnet),
        names=name_settings(
            names, dns_server, nameserver, ttl_seconds=ttl, skydns_port=skydns_port, skydns_secret=skydns_secret
        ),
        log_format=log_format.value,
        secrets_dir=_directory("--secrets-dir", secrets_dir),
        allow_paths=tuple(path.expanduser().absolute() for path in allow_path or ()),
        polling=polling,
        standby=standby,
        console=console_settings(console, console_name, read_only=console_read_only),
    )
    if not chosen.specs.is_dir():
        raise UsageError(f"{chosen.specs} is no directory; `reconciler new hello` makes ./specs with a first spec")
    if detach:
        from reconciler.cli.detach import start_detached

        _insist_on_free_port(chosen)
        pid = start_detached(chosen)
        _tell_detached(chosen, pid)
        return
    from reconciler.cli.wiring import run_loop

    run_loop(chosen)


def _insist_on_free_port(settings: Settings) -> None:
    """Raises UsageError here, where a person reads it, rather than in the log of a loop that can't start."""
    if settings.console is not None and not settings.standby and session.running(settings) is None:
        from reconciler.api.http.server import listen

        listen(settings.console.host, settings.console.port).close()


def _tell_detached(settings: Settings, pid: int) -> None:
    found = session.running(settings)
    at_work = found.info().get("pid", "") if found is not None else ""
    if at_work == str(pid) or not settings.standby:
        output.say(f"loop running, pid {pid}; its log is {settings.log_file}")
        output.remark("`reconciler status --watch` shows it, `reconciler stop` ends it")
        if settings.console is not None:
            output.remark("`reconciler console` says where its web console is")
        return
    other = (
        f"another loop (pid {at_work}) is at work" if at_work else "it takes over as soon as no other loop is at work"
    )
    output.say(f"standing by, pid {pid}: {other}; its log is {settings.log_file}")
    output.remark(f"`kill {pid}` ends it")


def _positive(option: str, value: float) -> float:
    if value <= 0:
        raise UsageError(f"{option} must be longer than nothing")
    return value


def _subnet(text: str | None) -> str | None:
    if text is None:
        return None
    from ipaddress import IPv4Network

    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise UsageError(f"--subnet {text!r}: {error}; write it like 10.89.0.0/16") from error
    if network.prefixlen > 28:
        raise UsageError(f"--subnet {text}: too small; a /28 is the least")
    return str(network)


def _directory(option: str, path: Path | None) -> Path | None:
    if path is None:
        return None
    found = path.expanduser().absolute()
    if not found.is_dir():
        raise UsageError(f"{option} {path} is no directory")
    return found


@app.command(rich_help_panel="Run")
@environment
def stop(settings: Settings) -> None:
    """End the running loop; the containers stay as they are.

    Example: `reconciler stop`.
    """
    stop_loop(settings)
    output.say(f"the loop of environment {settings.env} has ended; its containers stay")


def stop_loop(settings: Settings) -> None:
    """Ask the loop to end and wait until it has. Raises LoopNotRunning where there is none."""
    loop = session.client(settings)
    pid = loop.info().get("pid", "")
    loop.stop()
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        if not _answers(settings) and not _alive(pid):
            return
        time.sleep(_POLL_SECONDS)
    raise ReconcilerError(f"the loop (pid {pid}) has not ended after {_STOP_SECONDS:g} s; its log may say why")


def _answers(settings: Settings) -> bool:
    try:
        return session.client(settings).alive()
    except (LoopNotRunning, ReconcilerError):
        return False


def _alive(pid: str) -> bool:
    """A process of this number is there and not just waiting to be collected (proc(5), state Z)."""
    try:
        stat = Path(f"/proc/{int(pid)}/stat").read_text()
    except (ValueError, OSError):
        return False
    return not stat.rpartition(")")[2].strip().startswith("Z")
