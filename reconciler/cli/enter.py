"""`exec` and `ssh`: into an instance.

Before: main. After: engine.docker (exec), the ssh program (ssh). The command's own exit code is ours.
"""

import os
import shutil
import sys
from contextlib import closing, suppress
from typing import Annotated

import typer

from reconciler.cli import session
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError, SpecError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import InstanceStatus

app = typer.Typer()

_WORDS = {"allow_interspersed_args": False, "ignore_unknown_options": True}


@app.command("exec", rich_help_panel="See", context_settings=_WORDS)
@environment
def execute(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="An instance, or a cluster: its first running one.")],
    command: Annotated[list[str] | None, typer.Argument(metavar="-- CMD...", help="Default: a shell.")] = None,
) -> None:
    """Run a command in an instance's container; on a terminal it gets one. Its exit code is ours.

    Options of ours come before NAME. Examples: `reconciler exec webapp1 -- cat /etc/hosts`,
    `reconciler exec webapp-2`.
    """
    from reconciler.engine.docker import connect

    words = list(command or ())
    argv = (words[1:] if words[:1] == ["--"] else words) or ["/bin/sh"]
    instance = session.one_instance(session.look(settings), name)
    with closing(connect(settings.engine_url)) as engine:
        code = engine.execute(instance.id, argv, with_tty=sys.stdin.isatty() and sys.stdout.isatty())
    raise typer.Exit(code)


@app.command(rich_help_panel="See", context_settings=_WORDS)
@environment
def ssh(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="An instance, or a cluster: its first running one.")],
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[CMD...]", help="What to run there. Default: a shell.")
    ] = None,
    user: Annotated[str, typer.Option("--user", "-l", help="Who to be there.")] = "root",
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="The private key's file.", show_default=False)
    ] = None,
) -> None:
    """Log in to an instance whose spec has `ssh: {authorized_keys: …}`. Options of ours come before NAME.

    Examples: `reconciler ssh webapp1`, `reconciler ssh -i key webapp1 uptime`.
    """
    world = session.look(settings)
    _expect_ssh(settings, session.find(world, name)[0].name)
    if shutil.which("ssh") is None:
        raise UsageError("there is no ssh program here; install one, or use `reconciler exec`")
    instance = session.one_instance(world, name)
    argv = ssh_command(settings, instance, user=user, identity=identity, command=tuple(command or ()))
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    sys.stdout.flush()
    os.execvp("ssh", argv)  # noqa: S606  # no shell; ssh takes our place, so signals and exit code are its own


def _expect_ssh(settings: Settings, cluster: str) -> None:
    """Raises ReconcilerError where the cluster's file is good and asks for no ssh."""
    from reconciler.cli.sources import policy
    from reconciler.spec.parse import parse_cluster
    from reconciler.spec.read import read_spec

    for path in (settings.specs / f"{cluster}.yaml", settings.specs / f"{cluster}.yml"):
        with suppress(SpecError):  # what a file that can't be read asks for is unknown: ssh itself will tell
            read = read_spec(path)
            if read is None:
                continue
            if parse_cluster(read.data, file=str(path), policy=policy(settings)).ssh_keys is None:
                raise ReconcilerError(
                    f"{cluster} has no ssh: there is no `ssh: {{authorized_keys: …}}` in {path}; "
                    f"add it, or use `reconciler exec {cluster}`"
                )


def ssh_command(
    settings: Settings, instance: InstanceStatus, *, user: str, identity: str | None, command: tuple[str, ...]
) -> list[str]:
    """What to run. Raises ReconcilerError where the instance has no address.

    A replaced instance has another host key under the same address: each container is known by its own id.
    """
    if not instance.address:
        raise ReconcilerError(f"{instance.name} has no address; `reconciler status` says why")
    words = command[1:] if command[:1] == ("--",) else command
    return [
        "ssh",
        *(["-i", identity] if identity else []),
        "-o",
        f"HostKeyAlias={instance.id[:24] or instance.container}",
        "-o",
        f"UserKnownHostsFile={settings.state / 'known_hosts'}",
        "-o",
        "StrictHostKeyChecking=accept-new",
        "-l",
        user,
        instance.address,
        *words,
    ]
