"""`ssh`: into an instance over its own sshd, with the environment's key or with one's own.

Before: main. After: the ssh program, which takes our place: signals, terminal and exit code are its own. Never here: a
password; an instance's sshd takes keys only.
"""

import os
import shutil
import sys
from contextlib import closing, suppress
from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError, SpecError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import InstanceStatus

app = typer.Typer()

_WORDS = {"allow_interspersed_args": False, "ignore_unknown_options": True}


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
        str | None,
        typer.Option(
            "--identity", "-i", help="The private key's file. Default: the environment's own.", show_default=False
        ),
    ] = None,
) -> None:
    """Log in to an instance whose spec has `ssh: {}`. Options of ours come before NAME.

    The environment's own key is made on first use. Where the spec names `authorized_keys`, give one of theirs
    (`-i`), or let ssh find it.

    Examples: `reconciler ssh webapp1`, `reconciler ssh webapp1 uptime`, `reconciler ssh -i key webapp1`.
    """
    world = session.look(settings)
    keys = _wanted_keys(settings, session.find(world, name)[0].name)
    if shutil.which("ssh") is None:
        raise UsageError("there is no ssh program here; install one (Debian: openssh-client), or use `reconciler exec`")
    instance = session.one_instance(world, name)
    if identity is None and keys == "":
        _let_in(settings, instance)
    if identity is None and keys in (None, "") and settings.ssh_key.exists():
        identity = str(settings.ssh_key)
    argv = ssh_command(settings, instance, user=user, identity=identity, command=tuple(command or ()))
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    sys.stdout.flush()
    os.execvp("ssh", argv)  # noqa: S606  # no shell; ssh takes our place, so signals and exit code are its own


def _wanted_keys(settings: Settings, cluster: str) -> str | None:
    """The `ssh_keys` of the cluster's spec, None where its file can't tell: then ssh itself will.

    Raises ReconcilerError where the file is good and asks for no ssh.
    """
    from reconciler.spec.parse import parse_cluster
    from reconciler.spec.read import read_spec

    for path in (settings.specs / f"{cluster}.yaml", settings.specs / f"{cluster}.yml"):
        with suppress(SpecError):  # what a file that can't be read asks for is unknown
            read = read_spec(path)
            if read is None:
                continue
            keys = parse_cluster(read.data, file=str(path), policy=settings.policy).ssh_keys
            if keys is None:
                raise ReconcilerError(
                    f"{cluster} has no ssh: there is no `ssh` in {path}; add `ssh: {{}}` (the environment's own key) "
                    f"or `ssh: {{authorized_keys: …}}`, or use `reconciler exec {cluster}`"
                )
            return keys
    return None


def _let_in(settings: Settings, instance: InstanceStatus) -> None:
    """See to it that the instance takes the environment's key, also where that one was lost and is made anew.

    Whoever may use the engine may do anything in a container, so this opens nothing to anybody.
    """
    from reconciler.engine.docker import connect
    from reconciler.engine.keys import KeyFile
    from reconciler.engine.making import AUTHORIZED_KEYS_PATH
    from reconciler.engine.ports import File

    key = KeyFile(settings.ssh_key).public_line()
    with closing(connect(settings.engine_url)) as engine:
        there = engine.fetch(instance.id, AUTHORIZED_KEYS_PATH)
        if there is None:
            raise ReconcilerError(
                f"{instance.name} has no sshd yet: it was made before its spec had `ssh`; `reconciler plan` says what "
                "keeps it, `reconciler exec` gets you in"
            )
        if there != key:
            engine.upload(instance.id, (File(path=AUTHORIZED_KEYS_PATH, content=key),))
            output.remark(f"{instance.name} knew another key than {settings.ssh_key}; it takes this one now")


def ssh_command(
    settings: Settings, instance: InstanceStatus, *, user: str, identity: str | None, command: tuple[str, ...]
) -> list[str]:
    """What to run. Raises ReconcilerError where the instance has no address.

    A replaced instance has another host key under the same address: each container is known by its own id. An sshd that
    starts just now is waited for.
    """
    if not instance.address:
        raise ReconcilerError(f"{instance.name} has no address; `reconciler status` says why")
    words = command[1:] if command[:1] == ("--",) else command
    options = {
        "HostKeyAlias": instance.id[:24] or instance.container,
        "UserKnownHostsFile": str(settings.state / "known_hosts"),
        "StrictHostKeyChecking": "accept-new",
        "LogLevel": "ERROR",  # else each new instance's first login begins with a warning
        "ConnectTimeout": "10",
        "ConnectionAttempts": "3",
        **({"IdentitiesOnly": "yes"} if identity else {}),
    }
    return [
        "ssh",
        *(["-i", identity] if identity else []),
        *(word for key, value in options.items() for word in ("-o", f"{key}={value}")),
        "-l",
        user,
        instance.address,
        *words,
    ]
