"""How a fault is told: on the leash, in force, and when it is over; for people at 80 columns, and for scripts.

Before: chaos_run. After: output. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.text import Text

from reconciler.chaos.attack import Attack
from reconciler.chaos.matrix import Matrix, Pair
from reconciler.chaos.report import Newcomer, Report
from reconciler.chaos.shapes import RECONCILER
from reconciler.chaos.situation import in_order
from reconciler.cli.chaos_cost import Cost

_WIDTH = 80
_MOST_NAMES = 12
_SIGNS = {"yes": ("reached", "green"), "no": ("cut", "red"), "part": ("in part", "yellow"), "none": ("-", "dim")}


def leashed(attack: Attack) -> Text:
    """What it would do, exactly, and how to have it done."""
    text = Text()
    lasts = f" for {attack.seconds:g} s" if attack.helper is not None else ""
    text.append(f"{attack.says}{lasts}\n", "bold")
    for sentence in attack.sentences:
        text.append(f"  would {sentence}\n")
    if attack.cut is not None:
        text.append_text(_zones("whom each zone would reach", attack.meant(attack.victims), None))
    text.append("leashed: add --unleash", "bold yellow")
    return text


def leashed_json(attack: Attack) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "leashed": True,
        "kind": attack.kind,
        "says": attack.says,
        "would": list(attack.sentences),
        "victims": list(attack.names),
        "spared": [f"{one.cluster}-{one.number}" for one in attack.spared],
        "seconds": attack.seconds,
    }


def in_force(report: Report) -> Text:
    """What was done, how fast, and that it is so."""
    text = Text()
    text.append(f"{report.says}", "bold").append(f"  ({report.fault_id})\n", "dim")
    took = f"in force after {report.in_force_seconds:.2f} s" if report.in_force_seconds is not None else "in force"
    if report.meant is None and report.staged_seconds is None:
        took = f"dead after {report.in_force_seconds or 0.0:.2f} s"
    text.append(f"{took}: {_names(report.victims)}\n")
    for check in report.checks:
        text.append(f"{check}\n")
    if report.meant is not None and report.found is not None:
        asked, right = report.pairs
        text.append(f"{right} of {asked} pairs as meant, {report.meant.cut} cut\n")
        text.append_text(_zones("whom each zone reaches", report.meant, report.found))
    return _ended(text)


def done(report: Report, cost: Cost) -> Text:
    """How it ended, and what it cost."""
    text = Text()
    if report.healed_seconds is not None:
        text.append(f"healed after {report.healed_seconds:.2f} s", "bold")
        whole = report.meant is not None and not report.unhealed
        text.append(": everybody reaches everybody as before\n" if whole else "\n")
    for pair in report.unhealed[:_MOST_NAMES]:
        text.append(f"still apart: {pair}\n", "bold red")
    asked, right = report.pairs
    if right < asked:
        text.append(f"while it held, {asked - right} of {asked} pairs were not as meant any more\n", "bold red")
    for newcomer in report.newcomers:
        text.append(f"newcomer {newcomer.name}: {_came(newcomer)} s after its start\n")
    text.append_text(_cost(report, cost))
    return _ended(text)


def _came(newcomer: Newcomer) -> str:
    shut_out = newcomer.shut_out_seconds
    return f"hit {newcomer.seconds:.2f}" + ("" if shut_out is None else f" s, and shut out {shut_out:.2f}")


def _cost(report: Report, cost: Cost) -> Text:
    text = Text()
    if not cost.ended:
        text.append("cost: no instance ended\n")
    else:
        text.append(f"cost: {len(cost.ended)} ended ({_names(cost.ended)}), {len(cost.replaced)} replaced\n")
    if cost.bystanders:
        text.append(f"not hit, and ended all the same: {_names(cost.bystanders)}\n", "yellow")
    if cost.ready_seconds is not None:
        since = "the kill" if report.staged_seconds is None else "its end"
        text.append(f"all ready again {cost.ready_seconds:.2f} s after {since}\n", "green")
    elif cost.alone:
        text.append("no loop runs: nobody replaces what ended; `reconciler run` does\n" if cost.ended else "")
    elif cost.waited_seconds:
        text.append(f"not all ready within {cost.waited_seconds:g} s; `reconciler status` says why\n", "yellow")
    return text


def done_json(report: Report, cost: Cost) -> dict[str, Any]:
    """Everything for scripts."""
    return {
        "leashed": False,
        **report.as_json(),
        "cost": {
            "ended": list(cost.ended),
            "replaced": list(cost.replaced),
            "bystanders": list(cost.bystanders),
            "ready_seconds": None if cost.ready_seconds is None else round(cost.ready_seconds, 3),
        },
    }


def _zones(title: str, meant: Matrix, found: Matrix | None) -> Text:
    """Zones by zones; a cell that was found otherwise than meant says both, and instances follow."""
    cells = meant.by_zone()
    seen = found.by_zone() if found is not None else cells
    rows = in_order(zone for zone in meant.zones.values() if zone != RECONCILER)
    columns = [*rows, *([RECONCILER] if RECONCILER in meant.zones else [])]
    width = max(9, *(len(name) + 2 for name in columns))
    text = Text().append(f"{title} (from, to)\n", "dim")
    if width * (len(columns) + 1) > _WIDTH:
        return text.append_text(_sentences(cells, seen, rows, columns))
    text.append("".ljust(width) + "".join(_plain(name).ljust(width) for name in columns).rstrip() + "\n", "dim")
    for row in rows:
        text.append(row.ljust(width))
        for column in columns:
            text.append_text(_cell(cells[row, column], seen[row, column], width))
        text.rstrip()
        text.append("\n")
    wrong = meant.differences(found) if found is not None else ()
    for a, b in wrong[:_MOST_NAMES]:
        text.append(f"{_plain(a)} -> {_plain(b)}: meant {_word(meant, (a, b))}, found otherwise\n", "bold red")
    return text


def _cell(meant: str, found: str, width: int) -> Text:
    word, style = _SIGNS[found]
    return Text((word if meant == found else f"{word}!").ljust(width), style if meant == found else "bold red")


def _sentences(
    cells: Mapping[Pair, str], seen: Mapping[Pair, str], rows: Sequence[str], columns: Sequence[str]
) -> Text:
    """Where there are too many zones for a table: what is cut, a line for each zone."""
    text = Text()
    for row in rows:
        cut = [_plain(column) for column in columns if seen[row, column] == "no"]
        odd = [_plain(column) for column in columns if seen[row, column] != cells[row, column]]
        text.append(f"{row}: cut off from {_names(cut) if cut else 'nobody'}")
        text.append(f", not as meant: {_names(odd)}\n" if odd else "\n")
    return text


def _word(matrix: Matrix, pair: Pair) -> str:
    return "reached" if matrix.reaches[pair] else "cut"


def _plain(name: str) -> str:
    return name.strip("()")


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    shown = ", ".join(listed[:_MOST_NAMES])
    return shown if len(listed) <= _MOST_NAMES else f"{shown} and {len(listed) - _MOST_NAMES} more"


def _ended(text: Text) -> Text:
    text.rstrip()
    return text
