"""`python -m reconciler.setup [--fix] [--quiet] [-o json]`: the doctor without the command line.

Before: report. After: the Makefile, which needs it before anything else works.
"""

import argparse
import sys

from rich.console import Console

from reconciler.setup.report import OUTPUTS, run


def main() -> int:
    """Exit code 0 when nothing is missing, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m reconciler.setup", description="What this machine lacks.")
    parser.add_argument("--fix", action="store_true", help="install, start and build what is missing")
    parser.add_argument("--quiet", action="store_true", help="print only when something is missing")
    parser.add_argument("-o", "--output", choices=OUTPUTS, default="table")
    options = parser.parse_args()
    return run(Console(), fix=options.fix, output=options.output, quiet=options.quiet)


if __name__ == "__main__":
    sys.exit(main())
