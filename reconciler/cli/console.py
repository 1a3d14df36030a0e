"""`console`: where the running loop's web console is, and the token that opens it and the REST API.

Before: main. After: the loop's `info`, api.http.token. Exit 0; 1 where no loop runs, or one without a console.
"""

from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings

app = typer.Typer()


@app.command(rich_help_panel="See")
@environment
def console(
    settings: Settings,
    token: Annotated[bool, typer.Option("--token", help="Print the token only, for scripts.")] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make a new token first: whoever is signed in has to do so again.")
    ] = False,
) -> None:
    """Print the address of the running loop's web console, with the token that opens it; keep it to yourself.

    Examples: `reconciler console`, `reconciler console --token`, `reconciler console --renew`.
    """
    # Only here: these take their time, and other commands have no use for them.
    from reconciler.api.http.token import TokenFile
    from reconciler.api.http.token import renew as renewed

    value = renewed(settings.token_file) if renew else TokenFile(settings.token_file).value()
    if token:
        output.say(value)
        return
    url = session.client(settings).info().get("console", "")
    if not url:
        raise ReconcilerError(
            f"the loop of environment {settings.env} runs without a console; "
            "start it with `reconciler run --console 127.0.0.1:8600`"
        )
    output.say(f"{url}/sign-in#{value}")
