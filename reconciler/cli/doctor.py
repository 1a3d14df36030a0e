"""`reconciler doctor`: what this machine lacks, and with --fix its repair.

Before: setup. After: cli.main registers it. Exit 0 when all is well, 1 when something is missing, 64 for a
usage error.
"""

from typing import Annotated

import typer

from reconciler.cli.options import EngineOption, with_engine
from reconciler.errors import UsageError


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Install, start and build what is missing.")] = False,
    output: Annotated[str, typer.Option("--output", "-o", help="table or json")] = "table",
    engine: EngineOption = None,
) -> None:
    """Say what this machine lacks, and with --fix provide it."""
    # The engine's SDK takes long to import, and no other command needs this room.
    from rich.console import Console

    from reconciler.setup.report import OUTPUTS, run

    if output not in OUTPUTS:
        raise UsageError(f"-o {output}: there is no such output; use one of {', '.join(OUTPUTS)}")
    raise typer.Exit(run(Console(), fix=fix, output=output, environ=with_engine(engine)))
