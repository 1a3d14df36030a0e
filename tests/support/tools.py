"""Debian's programs that tests and figures drive and the product doesn't need: `python -m tests.support.tools` installs
them.

Before: the Makefile, in front of every target that runs tests on the engine or figures. After: the tests, which fail by
name where a program isn't there. Never here: what the reconciler itself needs; that is the room setup's.
"""

import shutil
import sys

from rich.console import Console

from reconciler.setup import apt
from reconciler.setup.findings import SetupError

PACKAGES = {
    "chromium": "chromium",
    "git": "git",
    "dig": "dnsutils",
    "curl": "curl",
    "ssh": "openssh-client",
    "dnsperf": "dnsperf",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "taskset": "util-linux",
}


def main() -> int:
    """Exit code 0 once all are there; 1 with the reason otherwise."""
    missing = sorted({package for program, package in PACKAGES.items() if shutil.which(program) is None})
    try:
        if missing:
            apt.install(missing, Console(stderr=True))
    except SetupError as error:
        print(f"error: the tests need these packages: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
