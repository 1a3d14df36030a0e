"""`make bench`, `make bench-acmeair` (-chaos, -rollouts, -console): measure, print the table, write the page.

`ONLY=start,heal` measures some.

Before: nothing but an engine and the base image. After: the figures, one module each; report. A figure that is not
reached is no error of the command; one that can't be measured is.
"""

import argparse
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.setup.locate import find_engine
from tests.bench import compose, machine, report
from tests.bench.values import Row
from tests.support.loop_process import ROOT

BASIC = ("decide", "start", "save", "heal", "freeze", "restart", "footprint", "idle")
NAMES = ("names_load", "names_latency", "names_etcd", "names_pass")
ACMEAIR = ("acmeair.cold", "acmeair.memory", "acmeair.load", "acmeair.images")
FIGURES = (*BASIC, *NAMES)
ROLLOUTS = ("rollouts.push", "rollouts.broken", "rollouts.site", "rollouts.elastic")
CONSOLE = ("console.paint", "console.listing")
CHAOS = ("chaos.kills", "chaos.zone", "chaos.cuts", "chaos.blind", "chaos.killed", "chaos.acmeair", "chaos.ha")
PAGES = {
    FIGURES: ROOT / "docs" / "benchmarks.md",
    ACMEAIR: ROOT / "docs" / "benchmarks-acmeair.md",
    CHAOS: ROOT / "docs" / "benchmarks-chaos.md",
    ROLLOUTS: ROOT / "docs" / "benchmarks-rollouts.md",
    CONSOLE: ROOT / "docs" / "benchmarks-console.md",
}


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 when everything was measured."""
    given = _arguments(words)
    signal.signal(signal.SIGTERM, _end)
    engine_url = find_engine(os.environ, Path.home()).url
    made_with = compose.version() if {"start", "acmeair.cold"}.intersection(given.only) else ""
    where = machine.look(engine_url, made_with)
    rows: list[Row] = []
    failed = []
    for name in given.only:
        began = time.monotonic()
        try:
            rows += importlib.import_module(f"tests.bench.{name}").measure(engine_url)
        except (AssertionError, RuntimeError, OSError, subprocess.SubprocessError, ReconcilerError) as problem:
            failed.append(f"{name}: {problem}")
        where = replace(where, loads=(*where.loads, os.getloadavg()[0]))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(report.table(rows))
    page = PAGES.get(given.only)
    if page is not None and not failed:
        page.write_text(report.page(rows, where, command=given.command), encoding="utf-8")
    for sentence in failed:
        print(f"not measured: {sentence}", file=sys.stderr)
    return 1 if failed else 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    there = (*FIGURES, *ACMEAIR, *CHAOS, *ROLLOUTS, *CONSOLE)
    parser.add_argument(
        "only", nargs="*", metavar="FIGURE", help=f"some of: {', '.join(there)}; default: all of a page"
    )
    parser.add_argument("--acmeair", action="store_true", help="the figures of the Acme Air cloud")
    parser.add_argument("--chaos", action="store_true", help="the figures of breaking and healing")
    parser.add_argument("--rollouts", action="store_true", help="the figures of pushes and autoscaling")
    parser.add_argument("--console", action="store_true", help="the figures of the web console and the API")
    given = parser.parse_args(words)
    asked = [name for word in given.only for name in word.split(",") if name]
    for name in asked:
        if name not in there:
            parser.error(f"there is no figure {name!r}; there are {', '.join(there)}")
    groups = {"acmeair": ACMEAIR, "chaos": CHAOS, "rollouts": ROLLOUTS, "console": CONSOLE}
    group = next((name for name in groups if getattr(given, name)), "")
    given.only = tuple(asked) or groups.get(group, FIGURES)
    given.command = f"make bench-{group}" if group else "make bench"
    return given


def _end(_number: int, _frame: object) -> None:
    """SIGTERM ends like Ctrl-C, so that no container is left."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
