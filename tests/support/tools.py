"""Debian's programs that tests and figures drive and the product doesn't need: `python -m tests.support.tools` installs
them; with `--browser` also the browser, a big one, that only the tests of Acme Air's page drive.

Before: the Makefile, in front of every target that runs tests on the engine or figures. After: the tests, which fail by
name where a program isn't there. Never here: what the reconciler itself needs; that is the room setup's.
"""

import shutil
import sys
from collections.abc import Sequence

from rich.console import Console

from reconciler.setup import apt
from reconciler.setup.findings import SetupError

PACKAGES = {
    "dig": "dnsutils",
    "curl": "curl",
    "ssh": "openssh-client",
    "dnsperf": "dnsperf",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "taskset": "util-linux",
}
BROWSER = {"chromium": "chromium"}


def main(arguments: Sequence[str] = ()) -> int:
    """Exit code 0 once all are there; 1 with the reason otherwise; 64 for an argument that nobody knows."""
    if set(arguments) - {"--browser"}:
        print("error: usage: python -m tests.support.tools [--browser]", file=sys.stderr)
        return 64
    wanted = PACKAGES | BROWSER if arguments else PACKAGES
    missing = sorted({package for program, package in wanted.items() if shutil.which(program) is None})
    try:
        if missing:
            apt.install(missing, Console(stderr=True))
    except SetupError as error:
        print(f"error: the tests need these packages: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
