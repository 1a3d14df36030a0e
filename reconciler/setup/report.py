"""The whole of `doctor` as one call: look, repair on request, print for people or scripts, exit code.

Before: doctor. After: `python -m reconciler.setup`, cli.doctor. Never here: another way to look.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from reconciler.errors import ReconcilerError
from reconciler.setup import doctor
from reconciler.setup.findings import Finding

OUTPUTS = ("table", "json")


def run(
    console: Console,
    *,
    fix: bool,
    output: str = "table",
    quiet: bool = False,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Look, with `fix` repair, print; 0 when all is well, else 1. `quiet` prints only what is missing."""
    findings = doctor.check(environ)
    if fix and not doctor.all_well(findings):
        # Progress belongs to stderr where stdout carries JSON.
        progress = Console(stderr=True) if output == "json" else console
        try:
            with _one_at_a_time():
                findings = doctor.fix(doctor.check(environ), progress, environ)
        except ReconcilerError as error:
            progress.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            return 1
    if output == "json":
        console.print_json(json.dumps([finding.as_json() for finding in findings]))
    elif not (quiet and doctor.all_well(findings)):
        console.print(table(findings))
    return 0 if doctor.all_well(findings) else 1


def table(findings: Sequence[Finding]) -> Table:
    """One row for each finding; words, not only colours, tell good from bad."""
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("CHECK", "STATE", "WHAT WAS FOUND"):
        shown.add_column(heading, no_wrap=heading != "WHAT WAS FOUND", overflow="fold")
    for finding in findings:
        state = "[green]ok[/green]" if finding.ok else "[red]missing[/red]"
        if finding.ok and finding.problem:
            state = "[yellow]limited[/yellow]"
        text = f"{finding.problem} {finding.remedy}" if finding.problem else finding.detail
        shown.add_row(finding.name, state, _plain(text))
    return shown


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two repairs at once (make demo beside make test) would do everything twice, or break each other."""
    directory = Path("/run/lock") if os.access("/run/lock", os.W_OK) else Path("/tmp")  # noqa: S108  # only a lock, no content
    with (directory / f"reconciler-setup-{os.getuid()}.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
