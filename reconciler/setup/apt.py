"""The host's package manager: installing what is missing.

Before: run. After: daemon, base_image. Never here: a host name of our own; mirrors are always the machine's.
"""

import os
import shutil
from collections.abc import Sequence

from rich.console import Console

from reconciler.setup.findings import SetupError
from reconciler.setup.progress import step
from reconciler.setup.run import run

_UPDATE_SECONDS = 180.0
_INSTALL_SECONDS = 900.0
_QUIET = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def usable() -> str:
    """Empty when packages can be installed here, else why not, as half a sentence."""
    if shutil.which("apt-get") is None:
        return "this machine has no apt-get"
    if os.geteuid() != 0:
        return "installing packages needs root"
    return ""


def install(packages: Sequence[str], console: Console) -> None:
    """Install Debian packages without their recommendations. Raises SetupError."""
    reason = usable()
    names = " ".join(packages)
    if reason:
        raise SetupError(f"{names}: not installed, because {reason}; install it yourself, or run this as root")
    with step(console, f"Installing {names}") as line:
        run(["apt-get", "update"], timeout_seconds=_UPDATE_SECONDS, on_line=line, env=_QUIET)
        run(
            [
                "apt-get",
                "install",
                "--yes",
                "--no-install-recommends",
                "-o",
                "DPkg::Lock::Timeout=120",
                *packages,
            ],
            timeout_seconds=_INSTALL_SECONDS,
            on_line=line,
            env=_QUIET,
        )
