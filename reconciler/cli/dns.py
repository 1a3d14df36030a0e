"""`reconciler dns`: names as this host's own programs see them.

Before: cli.main registers the group. After: setup.resolving (`dns setup`), dns_lookup.
Exit 0 when it is done or nothing is to do, 1 for an error, 64 for a usage error.
"""

import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.dns_lookup import lookup
from reconciler.cli.options import environment
from reconciler.cli.settings import default_state
from reconciler.errors import ReconcilerError, UsageError
from reconciler.loop.settings import Settings

app = typer.Typer(help="Look names up, and resolve them on this machine.", no_args_is_help=True)
app.command()(lookup)

ROOT = Path("/")


@app.command()
@environment
def setup(
    settings: Settings,
    apply: Annotated[bool, typer.Option("--apply", help="Do it, instead of saying what to do.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> None:
    """Say what this machine needs so that its own programs resolve the environment's names.

    Without an option nothing is changed. --apply does it, and --undo takes it back; both mostly need root.

    Examples: `reconciler dns setup`, `sudo reconciler dns setup --apply`, `sudo reconciler dns setup --undo`.
    """
    from reconciler.setup.resolving.choosing import way_back, way_there
    from reconciler.setup.resolving.doing import do
    from reconciler.setup.resolving.in_place import NotAllowed
    from reconciler.setup.resolving.text import shown, told

    if apply and undo:
        raise UsageError("--apply and --undo are opposites: give one of them")
    if undo:
        way = way_back(settings.env, settings.domain, settings.engine_url, ROOT)
    else:
        way = way_there(settings.env, settings.domain, settings.engine_url, _told(settings), ROOT)
    if not apply and not undo:
        _print(shown(way, _command(settings)))
        return
    try:
        do(way, ROOT)
    except NotAllowed as error:
        if os.geteuid() == 0:
            raise
        again = f"sudo {_command(settings)} {'--undo' if undo else '--apply'}"
        raise ReconcilerError(f"{error}; nothing was changed. As root:\n{again}") from error
    _print(told(way))


def _told(settings: Settings) -> str | None:
    """The address that the running loop names; None where none runs. Raises ReconcilerError where names aren't kept."""
    loop = session.running(settings)
    if loop is None:
        return None
    asked = loop.lookup(f"{settings.env}.{settings.domain}").nameservers
    if not asked:
        raise ReconcilerError(
            f"the loop of environment {settings.env} runs no DNS server (`--names`): there is nobody to ask"
        )
    return asked[0]


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        output.say(line)


def _command(settings: Settings) -> str:
    """This command with what it can't guess: another user has other variables, and another PATH."""
    own = Path(sys.argv[0])
    program = [str(own.absolute())] if own.name == "reconciler" and own.is_file() else ["reconciler"]
    place = ["--env", settings.env, "--domain", settings.domain]
    if settings.state != default_state(settings.env) or settings.socket.exists():
        place += ["--state", str(settings.state)]  # another user's loop isn't found by default
    if settings.engine_url:
        place += ["--engine", settings.engine_url]
    return shlex.join([*program, "dns", "setup", *place])
