"""The page of results: a table, how each figure is measured, and where it was. Pure.

Before: values.Row of each figure, machine.Machine. After: docs/benchmarks.md, which nobody edits by hand.
"""

from collections.abc import Sequence

from tests.bench.machine import Machine
from tests.bench.values import Row

_HEAD = """\
# {title}

Written by `{command}`; not edited by hand.
{more}
Every figure is the median of several measurements, with the least, the greatest and their number in brackets.
A yardstick is measured in the same run, in turns with the subject, so that both meet the same machine.
"""
_VERDICTS = {True: "reached", False: "**not reached**", None: ""}
_COLUMNS = ("figure", "measured", "yardstick", "ratio", "must reach", "")


_TITLES = {
    "make bench": "Figures",
    "make bench-acmeair": "Figures of the Acme Air cloud",
    "make bench-chaos": "Figures of breaking and healing",
    "make bench-rollouts": "Figures of pushes, and of sizes that follow the load",
    "make bench-console": "Figures of the web console and the API",
}
_MORE = {
    "make bench": (
        "Those of [the Acme Air cloud](benchmarks-acmeair.md), of [breaking and healing](benchmarks-chaos.md), of "
        "[pushes and autoscaling](benchmarks-rollouts.md) and of [the web console](benchmarks-console.md) are on pages "
        "of their own.\n"
    ),
    "make bench-chaos": "",
    "make bench-console": "",
    "make bench-rollouts": "\n![The web tier follows the load](pictures/autoscale.svg)\n",
    "make bench-acmeair": "\n![A start from nothing, instance by instance](pictures/acmeair-start.svg)\n",
}


def page(rows: Sequence[Row], machine: Machine, *, command: str = "make bench") -> str:
    """The whole page that `command` writes."""
    head = _HEAD.format(command=command, title=_TITLES[command], more=_MORE[command])
    where = "\n".join(f"- {name}: {value}" for name, value in machine.facts())
    how = "\n".join(f"- **{row.figure}**: {row.how}" for row in rows)
    return f"{head}\n{table(rows)}\n\n## Where\n\n{where}\n\n## How each is measured\n\n{how}\n"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [_line(_COLUMNS), _line(["---"] * len(_COLUMNS))]
    return "\n".join(lines + [_line(_cells(row)) for row in rows])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.figure,
        str(row.measured),
        str(row.against) if row.against is not None else "-",
        f"{row.ratio:.2f} x" if row.ratio is not None else "-",
        row.must,
        _VERDICTS[row.reached],
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
