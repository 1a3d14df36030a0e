"""How errors reach a person: what happened, where, and what to do, on standard error, in plain text.

Before: every command. After: the exit code. A traceback is shown only for a bug of ours, and says where to
report it.
"""

import traceback
from typing import TextIO

import typer

from reconciler.errors import EngineDenied, EngineUnavailable, ReconcilerError, SpecError, UsageError

EXIT_ERROR = 1
EXIT_CHANGES = 2
EXIT_NOT_READY = 3
EXIT_ROLLED_BACK = 4
EXIT_USAGE = 64
EXIT_INTERRUPTED = 130

# typer carries its own click under a private name in some versions: its public subclass leads to the base.
_CliUsageError: type[Exception] = typer.BadParameter.__mro__[1]
_CliError: type[Exception] = typer.BadParameter.__mro__[2]


def explain(error: Exception, stream: TextIO) -> int:
    """Print what there is to say about `error`; returns the exit code. First match wins."""
    if isinstance(error, _CliUsageError):
        return _misused(error, stream)
    if isinstance(error, UsageError):
        return _say(str(error), stream, EXIT_USAGE)
    if isinstance(error, SpecError):
        count = len(error.problems)
        print(error, file=stream)
        return _say(f"{count} problem{'s' if count != 1 else ''}; nothing was changed", stream, EXIT_ERROR)
    if isinstance(error, EngineUnavailable) and not isinstance(error, EngineDenied):
        hint = "is Docker running here? `reconciler doctor` says what is missing"
        return _say(f"{error}\n{hint}", stream, EXIT_ERROR)
    if isinstance(error, (ReconcilerError, _CliError)):
        return _say(str(error), stream, EXIT_ERROR)
    if isinstance(error, typer.Abort):
        return _say("nothing was done", stream, EXIT_ERROR)
    if isinstance(error, OSError):
        return _say(_os_error(error), stream, EXIT_ERROR)
    traceback.print_exception(error, file=stream)
    return _say("this is a bug of reconciler; please report it with the lines above", stream, EXIT_ERROR)


def _misused(error: Exception, stream: TextIO) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message or (context.get_help() if context else ""), file=stream)
        return EXIT_USAGE
    path = context.command_path if context is not None else "reconciler"
    return _say(f"{message.rstrip()}\n`{path} --help` shows what it takes", stream, EXIT_USAGE)


def _say(message: str, stream: TextIO, code: int) -> int:
    print(f"Error: {message}", file=stream)
    return code


def _os_error(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
