"""The options that faults share, in one place: who is hit, how long, on the leash or not.

Before: typer. After: each command of `chaos` gets them as one value. `@shared(...)` adds them to a command's own.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import typer

from reconciler.chaos.faults import DEFAULT_SECONDS, Aimed, Target
from reconciler.cli.chaos_run import Way
from reconciler.cli.options import duration_option
from reconciler.cli.output import Plain
from reconciler.errors import UsageError

SETTLE_SECONDS = 60.0


class Common(NamedTuple):
    """What was given for the shared options; those that a command doesn't take have their defaults."""

    way: Way
    anyway: bool
    spare: bool = False
    seconds: float = DEFAULT_SECONDS
    target: Target = Target()
    zone: str | None = None
    seed: int | None = None

    def aim(self, kind: type[Aimed], **own: Any) -> Aimed:
        """The fault of this kind with what was given; `own` is what only this kind has."""
        return kind(target=self.target, seconds=self.seconds, spare=self.spare, anyway=self.anyway, **own)


def _flag(name: str, help_text: str) -> tuple[Any, Any]:
    return Annotated[bool, typer.Option(name, help=help_text)], False


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "name": (
        Annotated[
            str | None,
            typer.Argument(metavar="[NAME]", help="A cluster, or an instance such as web-1. Default: all in --zone."),
        ],
        None,
    ),
    "zone": (
        Annotated[str | None, typer.Option("--zone", help="Only there.", show_default=False)],
        None,
    ),
    "one": _flag("--one", "Only one of them, chosen at random."),
    "seed": (
        Annotated[
            int | None,
            typer.Option(
                "--seed", min=0, help="Choose as with this seed. Default: another each time.", show_default=False
            ),
        ],
        None,
    ),
    "seconds": (Annotated[float, duration_option("--for", help_text="How long it lasts, 1s to 1h.")], DEFAULT_SECONDS),
    "spare": _flag("--spare", "Leave alone who isn't opted in, instead of refusing."),
    "unleash": _flag("--unleash", "Do it, instead of saying what it would do."),
    "anyway": _flag("--anyway", "Also during a hold or an outage."),
    "settle": (
        Annotated[
            float,
            duration_option("--settle", help_text="How long to wait afterwards until all is ready again; 0s: not."),
        ],
        SETTLE_SECONDS,
    ),
    "output_format": (
        Annotated[Plain, typer.Option("--output", "-o", help="How to write what came of it.")],
        Plain.TEXT,
    ),
}
ALWAYS = ("unleash", "anyway", "settle", "output_format")
LASTING = ("seconds", "spare", *ALWAYS)
AIMED = ("name", "zone", "one", "seed", *LASTING)


def shared(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these options; its second parameter is made from them."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        settings, _, *own = inspect.signature(command).parameters.values()
        ours = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, annotation=_OPTIONS[name][0], default=_OPTIONS[name][1]
            )
            for name in names
        ]
        keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]

        @functools.wraps(command)
        def wrapper(settings: Any, **given: Any) -> None:
            common = _common({name: given.pop(name) for name in names})
            command(settings, common, **given)

        wrapper.__signature__ = inspect.Signature([settings, *keywords, *ours])  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _common(given: dict[str, Any]) -> Common:
    way = Way(given.pop("unleash"), given.pop("settle"), given.pop("output_format"))
    if "name" not in given:
        return Common(way=way, **given)
    target = Target(name=given.pop("name"), zone=given["zone"], one=given.pop("one"), seed=given["seed"])
    if target.seed is not None and not target.one:
        raise UsageError("--seed chooses one of them: add --one, or leave it out")
    return Common(way=way, target=target, **given)
