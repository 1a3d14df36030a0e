"""Which environment a command is about: defaults, checks, and the directory that its loop watches.

Before: options, which read the command line and RECONCILER_ variables. After: loop.settings' value, for
everybody.
"""

import os
import re
from pathlib import Path

from reconciler.errors import LoopNotRunning, UsageError
from reconciler.loop.settings import Settings

DEFAULT_ENV = "dev"
DEFAULT_DOMAIN = "docker"
DEFAULT_SPECS = "specs"

_ENV = re.compile(r"[a-z][a-z0-9]{0,15}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_DOMAIN = 150


def resolve(
    *,
    env: str = DEFAULT_ENV,
    domain: str = DEFAULT_DOMAIN,
    state: Path | None = None,
    specs: Path | None = None,
    engine: str | None = None,
) -> Settings:
    """The settings that these options mean. Raises UsageError where a value can't be."""
    if not _ENV.fullmatch(env):
        raise UsageError(
            f"--env {env!r} is no name for an environment: a small letter, then up to 15 letters or digits"
        )
    if not _DOMAIN.fullmatch(domain) or len(domain) > _LONGEST_DOMAIN:
        raise UsageError(f"--domain {domain!r} is no domain name: write it like docker or cloud.test")
    if domain.rpartition(".")[2] == "config":
        raise UsageError(f"--domain {domain}: SkyDNS keeps its own settings under that name; choose another")
    place = (state or default_state(env)).expanduser().absolute()
    return Settings(
        env=env,
        domain=domain,
        state=place,
        specs=(specs or watched(place) or Path(DEFAULT_SPECS)).expanduser().absolute(),
        engine_url=engine or None,
    )


def default_state(env: str) -> Path:
    """Where the XDG base directory specification wants state to be, a directory for each environment."""
    home = os.environ.get("XDG_STATE_HOME", "")
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "state"
    return base / "reconciler" / env


def watched(state: Path) -> Path | None:
    """The directory that the running loop watches; None where none runs."""
    from reconciler.api.client import LoopClient

    socket = state / "api.sock"
    if not socket.exists():
        return None
    try:
        specs = LoopClient(socket).info().get("specs", "")
    except LoopNotRunning:
        return None
    return Path(specs) if specs else None
