"""The options that every command about an environment takes, in one place, and how values are read from text.

Before: typer. After: each command gets a finished Settings. `@environment` adds the options to a command's
own.
"""

import functools
import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.cli.settings import DEFAULT_DOMAIN, DEFAULT_ENV, resolve

_PANEL = "Environment"

EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        envvar=["RECONCILER_ENGINE", "DOCKER_HOST"],
        help="Address of the Docker engine. Default: this machine's.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]

_SHARED: dict[str, tuple[Any, Any]] = {
    "env": (
        Annotated[
            str,
            typer.Option("--env", envvar="RECONCILER_ENV", help="Its name.", rich_help_panel=_PANEL),
        ],
        DEFAULT_ENV,
    ),
    "domain": (
        Annotated[
            str,
            typer.Option("--domain", envvar="RECONCILER_DOMAIN", help="What names end in.", rich_help_panel=_PANEL),
        ],
        DEFAULT_DOMAIN,
    ),
    "state": (
        Annotated[
            Path | None,
            typer.Option(
                "--state",
                envvar="RECONCILER_STATE",
                help="Directory for the loop's socket, log and history. Default: $XDG_STATE_HOME/reconciler/ENV.",
                show_default=False,
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "specs": (
        Annotated[
            Path | None,
            typer.Option(
                "--specs",
                envvar="RECONCILER_SPECS",
                help="The watched directory. Default: the running loop's, else ./specs.",
                show_default=False,
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "engine": (EngineOption, None),
}


def environment(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options; its first parameter, `settings`, is made from them."""
    own = list(inspect.signature(command).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _SHARED.items()
    ]

    @functools.wraps(command)
    def wrapper(**given: Any) -> None:
        place = {name: given.pop(name) for name in _SHARED}
        command(resolve(**place), **given)

    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapper.__signature__ = inspect.Signature([*keywords, *shared])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in [*keywords, *shared]}
    return wrapper


def with_engine(engine: str | None) -> dict[str, str]:
    """The process' environment, in which this engine is the one that is meant."""
    named = os.environ.get("RECONCILER_ENGINE") or os.environ.get("DOCKER_HOST")
    return {**os.environ, **({"RECONCILER_ENGINE": engine} if engine and engine != named else {})}


_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str | float) -> float:
    """A duration as people write it (`90`, `90s`, `2m`, `500ms`), in seconds."""
    match = _DURATION.fullmatch(str(text).strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 2m or 500ms")
    return float(match[1]) * _UNITS[match[2] or "s"]


_PERCENTAGE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%?")


def percentage(text: str | float) -> float:
    """Of a hundred, as people write it: `20`, `20%`."""
    match = _PERCENTAGE.fullmatch(str(text).strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no percentage; write 20 or 20%")
    return float(match[1])


def duration_option(*names: str, help_text: str, panel: str | None = None) -> Any:
    """An option that takes a duration."""
    return typer.Option(*names, parser=seconds, metavar="DURATION", help=help_text, rich_help_panel=panel)
