"""The command `reconciler`: which commands there are, how they end, and what a person reads when something
is wrong.

Before: the shell. After: one module for each group of commands, imported only when one of them is asked for,
so that `reconciler status` answers at once. Exit codes: 64 for a usage error, 130 for Ctrl-C, 1 for errors
of ours.
"""

import os
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reconciler.cli.failures import EXIT_ERROR, EXIT_INTERRUPTED, explain

PACKAGE = "reconciler.cli"

# In the order of `--help`. The module holds `app`, a Typer with a command of this name or a group of it,
# or just a function of this name.
COMMANDS = {
    "run": "running",
    "stop": "running",
    "demo": "demo",
    "status": "look",
    "wait": "look",
    "events": "follow",
    "logs": "follow",
    "exec": "enter",
    "ssh": "secure_shell",
    "console": "console",
    "new": "drafts",
    "schema": "drafts",
    "validate": "check",
    "plan": "check",
    "apply": "applying",
    "delete": "change",
    "scale": "change",
    "suspend": "change",
    "resume": "change",
    "confirm": "change",
    "terminate": "terminate",
    "rollout": "rollout",
    "zone": "zone",
    "chaos": "chaos",
    "drill": "drilling",
    "down": "down",
    "doctor": "doctor",
    "dns": "dns",
    "images": "images",
}

_OTHER_PANEL = "Set up"

EPILOG = (
    "First steps: `reconciler doctor` says whether this machine is ready, `reconciler new hello` writes "
    "a first spec, `reconciler run` keeps Docker as the specs say, `reconciler status --watch` shows it."
)


class LazyCommands(MutableMapping[str, Any]):
    """The commands by name; a module is imported when its command is first looked at."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            if name not in COMMANDS:
                raise KeyError(name)
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, module in COMMANDS.items() if find_spec(f"{PACKAGE}.{module}"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS


def _load(name: str) -> Any:
    module: Any = import_module(f"{PACKAGE}.{COMMANDS[name]}")
    holder = getattr(module, "app", None)
    if holder is None:
        holder = typer.Typer()
        holder.command(name, rich_help_panel=_OTHER_PANEL)(getattr(module, name))
    group: Any = typer.main.get_group(holder)
    if name in group.commands:
        return group.commands[name]
    group.name, group.rich_help_panel = name, _OTHER_PANEL
    return group


class Commands(TyperGroup):
    """The top of the command line; turns every error into a message and an exit code."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands()

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002  # typer's own handling of errors is what this replaces
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Like typer's, but every way to end has its own code, and none shows a traceback for a user's
        mistake.
        """
        try:
            code = super().main(args, prog_name or "reconciler", complete_var, False, windows_expand_args, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            code = _pipe_closed()
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001  # the last one who can say it to a person
            code = explain(error, sys.stderr)
        sys.exit(code if isinstance(code, int) else 0)


def _pipe_closed() -> int:
    """Whoever read us has enough (`| head`): end quietly, and keep Python from complaining while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_ERROR


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"reconciler {version('reconciler')}")
        raise typer.Exit


app = typer.Typer(
    name="reconciler",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Save a YAML file: the containers, their zones and their names become what it says, and stay so."""


def main() -> None:
    """The entry point of the command."""
    for stream in (sys.stdout, sys.stderr):
        # A name that this terminal can't show must not end the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
