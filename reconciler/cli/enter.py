"""`exec`: a command in an instance's container.

Before: main. After: engine.docker. The command's own exit code is ours. Never here: ssh, which has a file of its own.
"""

import sys
from contextlib import closing
from typing import Annotated

import typer

from reconciler.cli import session
from reconciler.cli.options import environment
from reconciler.loop.settings import Settings

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
