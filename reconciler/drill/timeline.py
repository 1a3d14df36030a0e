"""The report's picture: load, probes, clusters, faults and events, one below the other on one axis of time.

Before: report (the document). After: page. Words are HTML, so that they stay readable on a phone; only plots stretch.
Pure; every text is escaped here.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

Json = dict[str, Any]

_WIDTH = 1000.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
_TICKS = 8
_DOT = 4.0  # percent that a dot takes on a phone
_LEAST_BAR = 0.35  # percent of the width: what is shorter would not be seen


def timeline(report: Json) -> str:
    """The whole picture."""
    span = max(float(report["seconds"]), 0.001)
    faults = report["faults"]
    lanes = [*_load_lanes(report, span), *_probe_lanes(report, span), *_cluster_lanes(report, span)]
    rows = [_fault_lane(faults, span), *(_lane(*lane, faults, span) for lane in lanes), _event_lane(report, span)]
    return f'<div class="timeline" role="img" aria-label="{_label(report)}">{"".join(rows)}{_axis(span)}</div>'


def _label(report: Json) -> str:
    return escape(f"{report['seconds']:.0f} seconds, {len(report['faults'])} faults; the tables below say the same")


def clock(seconds: float) -> str:
    """A moment of the drill: `0:07`, `12:30`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _x(seconds: float, span: float) -> float:
    return round(min(max(seconds, 0.0), span) / span * _WIDTH, 2)


def _percent(seconds: float, span: float) -> float:
    return round(min(max(seconds, 0.0), span) / span * 100, 3)


def _lane(name: str, note: str, height: int, plot: str, faults: Sequence[Json], span: float) -> str:
    """A plot between its name and its note, over the shadows of the faults."""
    shadows = "".join(_shadow(fault, span, height) for fault in faults)
    return (
        f'<div class="lane"><div class="name">{escape(name)}</div>'
        f'<svg class="plot" style="height:{height}px" viewBox="0 0 {_WIDTH:g} {height}" preserveAspectRatio="none" '
        f'aria-hidden="true">{shadows}{plot}</svg><div class="note">{escape(note)}</div></div>'
    )


def _shadow(fault: Json, span: float, height: int) -> str:
    at = _x(fault["at"], span)
    if not fault["holds"]:
        return f'<line class="kill" x1="{at}" x2="{at}" y1="0" y2="{height}"/>'
    until = _x(span if fault["until"] is None else fault["until"], span)
    return f'<rect class="held" x="{at}" y="0" width="{max(until - at, 1):.2f}" height="{height}"/>'


def _load_lanes(report: Json, span: float) -> Iterator[tuple[str, str, int, str]]:
    load = report["load"] or {}
    series = _seconds_of(load.get("document") or {})
    if not series or load.get("at") is None:
        return
    offset = float(load["at"])
    points = [(offset + one["second"], one) for one in series]
    peak = max((one["requests"] for _, one in points), default=0) or 1
    height = 64
    area = _area([(at, one["requests"] / peak) for at, one in points], 1.0, span, height)
    bars = "".join(_failure_bar(at, one["failures"], peak, span, height) for at, one in points if one["failures"])
    failures = sum(one["failures"] for _, one in points)
    failed = f", {failures} failed" if failures else ", none failed"
    yield "requests a second", f"up to {peak}{failed}", height, f'<path class="load" d="{area}"/>{bars}'
    slow = [(at, float(one["p99_ms"])) for at, one in points if isinstance(one.get("p99_ms"), int | float)]
    most = max((value for _, value in slow), default=0.0)
    if most:
        area = _area([(at, value / most) for at, value in slow], 1.0, span, 32)
        yield "slowest 1 %", f"up to {_milliseconds(most)}", 32, f'<path class="slow" d="{area}"/>'


def _seconds_of(document: Json) -> list[Json]:
    """Those of the load's seconds that can be drawn: any program may have written its document."""
    series = document.get("series")
    return [
        one
        for one in (series if isinstance(series, list) else ())
        if isinstance(one, dict)
        and all(isinstance(one.get(key), int | float) for key in ("second", "requests", "failures"))
    ]


def _milliseconds(value: float) -> str:
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"  # a second


def _failure_bar(at: float, failures: int, peak: int, span: float, height: int) -> str:
    tall = max(6.0, failures / peak * height)
    wide = max(_x(at + 1, span) - _x(at, span), 2.0)
    what = f"{clock(at)}: {failures} failed"
    return (
        f'<rect class="bad" x="{_x(at, span)}" y="{height - tall:.1f}" width="{wide:.2f}" height="{tall:.1f}">'
        f"<title>{what}</title></rect>"
    )


def _area(points: Sequence[tuple[float, float]], wide: float, span: float, height: int) -> str:
    """Steps of `wide` seconds, filled down to the ground; a gap where there is no point."""
    parts = []
    for at, share in points:
        left, right, top = _x(at, span), _x(at + wide, span), round(height - share * (height - 4), 1)
        parts.append(f"M{left} {height}V{top}H{right}V{height}Z")
    return "".join(parts)


def _probe_lanes(report: Json, span: float) -> Iterator[tuple[str, str, int, str]]:
    for probe in report["probes"]:
        series = probe["series"]
        height = 16
        if not series:
            yield probe["name"], "never asked", height, ""
            continue
        first, last = _x(series[0][0], span), _x(series[-1][0] + probe["every_seconds"], span)
        plot = f'<rect class="good" x="{first}" y="5" width="{max(last - first, 1):.2f}" height="6"/>'
        for at, took, why in series:
            if why:  # until it was asked again, which is later where it gave no answer for long
                wide = max(_x(at + max(probe["every_seconds"], took), span) - _x(at, span), 2.0)
                title = f"<title>{clock(at)}: {escape(why)}</title>"
                plot += f'<rect class="bad" x="{_x(at, span)}" y="0" width="{wide:.2f}" height="16">{title}</rect>'
        yield probe["name"], f"{probe['failed']} of {probe['asked']} failed", height, plot


def _cluster_lanes(report: Json, span: float) -> Iterator[tuple[str, str, int, str]]:
    """A lane for each cluster that was short of somebody once; one line for all the others."""
    calm = []
    for cluster in report["clusters"]:
        series = cluster["series"]
        if all(ready >= desired for _, ready, desired, _ in series):
            calm.append(cluster["name"])
            continue
        plot = _ready_plot(series, span, 34) + _gaps(report["unseen"], span, 34)
        yield cluster["name"], _ready_note(series), 34, plot
    if calm:
        names = ", ".join(calm)
        plot = f'<rect class="good" x="0" y="5" width="{_WIDTH:g}" height="6"/>' + _gaps(report["unseen"], span, 16)
        note = "always ready" if not report["unseen"] else "ready whenever seen"
        yield (names if len(names) <= 24 else f"{len(calm)} other clusters"), note, 16, plot


def _gaps(unseen: Sequence[Sequence[Any]], span: float, height: int) -> str:
    """Nothing but a dashed line while nobody could see what was."""
    parts = []
    for begin, end, why in unseen:
        left, right = _x(begin, span), _x(end, span)
        title = f"<title>{clock(begin)} to {clock(end)}: not seen: {escape(why)}</title>"
        parts.append(
            f'<rect class="unseen" x="{left}" y="0" width="{max(right - left, 1):.2f}" height="{height}">{title}</rect>'
            f'<line class="unseen" x1="{left}" x2="{right}" y1="{height / 2:g}" y2="{height / 2:g}"/>'
        )
    return "".join(parts)


def _ready_note(series: Sequence[Sequence[Any]]) -> str:
    least = min(ready for _, ready, _, _ in series)
    sizes = sorted({desired for _, _, desired, _ in series})
    wanted = " to ".join(str(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
    return f"at least {least} of {wanted} ready"


def _ready_plot(series: Sequence[Sequence[Any]], span: float, height: int) -> str:
    most = max(max(ready, desired) for _, ready, desired, _ in series) or 1
    ready_parts, short_parts = [], []
    ends = [point[0] for point in series[1:]] + [span]
    for (at, ready, desired, _), until in zip(series, ends, strict=True):
        left, right = _x(at, span), _x(until, span)
        top = round(height - min(ready, desired) / most * (height - 4), 1)
        ready_parts.append(f"M{left} {height}V{top}H{right}V{height}Z")
        if ready < desired:
            want = round(height - desired / most * (height - 4), 1)
            short_parts.append(f"M{left} {top}V{want}H{right}V{top}Z")
    return f'<path class="ready" d="{"".join(ready_parts)}"/><path class="short" d="{"".join(short_parts)}"/>'


def _fault_lane(faults: Sequence[Json], span: float) -> str:
    """Each fault with the number that it has in the table; those that overlap are below each other."""
    if not faults:
        return ""
    rows: list[float] = []
    marks = []
    for number, fault in enumerate(faults, 1):
        begin = _percent(fault["at"], span)
        end = begin if not fault["holds"] else _percent(span if fault["until"] is None else fault["until"], span)
        kind = "span" if fault["holds"] else "dot"
        left = begin if fault["holds"] else begin - _DOT / 2
        row = next((index for index, free in enumerate(rows) if free <= left), len(rows))
        rows[row : row + 1] = [max(end, left + _DOT)]
        wide = f";width:{max(end - begin, _LEAST_BAR):.3f}%" if fault["holds"] else ""
        marks.append(
            f'<span class="{kind}" style="left:{begin}%{wide};top:{row * 22}px" title="{escape(fault["says"])}">'
            f"{number}</span>"
        )
    height = len(rows) * 22
    return (
        f'<div class="lane"><div class="name">faults</div><div class="marks" style="height:{height}px">'
        f'{"".join(marks)}</div><div class="note"></div></div>'
    )


def _event_lane(report: Json, span: float) -> str:
    """A tick for each thing that the loop did to a container."""
    shown = [one for one in report["events"] if one["kind"] in ("create", "terminate", "kill", "remove")]
    if not shown:
        return ""
    ticks = []
    for one in shown:
        kind = "bad" if one["result"] == "failed" else "made" if one["kind"] == "create" else "ended"
        title = escape(f"{clock(one['at'])}: {one['kind']} {one['subject']}: {one['cause']}")
        at = _x(one["at"], span)
        ticks.append(f'<line class="{kind}" x1="{at}" x2="{at}" y1="2" y2="14"><title>{title}</title></line>')
    made = sum(1 for one in shown if one["kind"] == "create" and one["result"] != "failed")
    return _lane("what the loop did", f"{made} created", 16, "".join(ticks), (), span)


def _axis(span: float) -> str:
    step = next((step for step in _STEPS if span / step <= _TICKS), _STEPS[-1])
    ticks = []
    at = 0
    while at <= span:
        share = _percent(at, span)
        if share <= 97:  # the last one would stick out
            ticks.append(f'<span style="left:{share}%">{clock(at)}</span>')
        at += step
    marks = f'<div class="marks">{"".join(ticks)}</div>'
    return f'<div class="lane axis"><div class="name"></div>{marks}<div class="note"></div></div>'
