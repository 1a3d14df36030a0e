"""What a run is to be like: options, else environment variables, else defaults that go easy on a small machine.

Before: load. After: nothing. Pure but for the end of the process on a wrong option (exit code 64). Every option --x-y
is the variable LOAD_X_Y too, so that a spec can say it under `environment:` as well as under `command:`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

MOST_USERS = 500
MOST_SECONDS = 3600.0
MOST_REQUESTS = 1_000_000  # then it ends, whatever the time: the figures are kept in memory
USAGE_ERROR = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run."""

    host: str
    users: int
    spawn_rate: float
    seconds: float
    first_customer: int
    last_customer: int
    pause_seconds: float
    cancel_share: float
    one_way_share: float
    timeout_seconds: float
    finish_seconds: float
    allow_failures: bool

    def told(self) -> dict[str, object]:
        """For the JSON document."""
        return asdict(self)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"error: {message}; --help tells the options", file=sys.stderr)
        sys.exit(USAGE_ERROR)


def _within(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], Any]:
    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not within {least:g} to {most:g}")
        return value

    return parse


def _host(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as http://zuul:8080")
    return text.rstrip("/")


# Option, default, how it's read, what it is.
OPTIONS: tuple[tuple[str, str, Callable[[str], Any], str], ...] = (
    ("host", "http://zuul:8080", _host, "where the site is"),
    ("users", "10", _within(int, 1, MOST_USERS), "users at the same time"),
    ("spawn-rate", "10", _within(float, 0.1, MOST_USERS), "users that start in a second"),
    ("seconds", "30", _within(float, 1, MOST_SECONDS), "how long journeys are begun"),
    ("first-customer", "0", _within(int, 0, 1_000_000), "the first customer's number: 0 is uid0@email.com"),
    ("last-customer", "99", _within(int, 0, 1_000_000), "the last customer's number; users take turns"),
    ("pause-seconds", "0.2", _within(float, 0, 60), "between two requests of a user"),
    ("cancel-share", "0.3", _within(float, 0, 1), "share of the journeys that cancel a booking"),
    ("one-way-share", "0.5", _within(float, 0, 1), "share of the journeys without a way back"),
    ("timeout-seconds", "10", _within(float, 0.1, 120), "how long an answer is waited for"),
    ("finish-seconds", "20", _within(float, 0, 120), "how long journeys that are under way may go on at the end"),
)


def read(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings; ends the process with a message when they make no sense."""
    parser = _Parser(prog="load", allow_abbrev=False, description="Users' journeys against Acme Air.")
    for name, default, kind, what in OPTIONS:
        variable = f"LOAD_{name.upper().replace('-', '_')}"
        text = environment.get(variable) or default
        parser.add_argument(f"--{name}", type=kind, default=text, help=f"{what} ({default}; {variable})")
    parser.add_argument(
        "--allow-failures",
        action="store_true",
        default=environment.get("LOAD_ALLOW_FAILURES", "").lower() in {"1", "true", "yes"},
        help="exit code 0 also when requests failed (LOAD_ALLOW_FAILURES)",
    )
    settings = Settings(**vars(parser.parse_args(arguments)))
    if settings.last_customer < settings.first_customer:
        parser.error("--last-customer is before --first-customer")
    return settings
