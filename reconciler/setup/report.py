"""The whole of `doctor` as one call: look, repair on request, print for people or scripts, exit code.

Before: doctor. After: `python -m reconciler.setup`, cli.doctor. Never here: another way to look.
"""

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from reconciler.errors import ReconcilerError
from reconciler.setup import doctor
from reconciler.setup.findings import Finding
from reconciler.setup.locks import alone

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
            with alone("setup", lambda: None):  # make demo beside make test would do everything twice, or worse
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
