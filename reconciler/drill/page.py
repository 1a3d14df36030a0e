"""The report as one page that needs nothing else: verdict first, then what was expected, the picture, the tables.

Before: report (the document), timeline (the picture). After: a file that people show each other. Pure; every text that
comes from anywhere is escaped.
"""

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from typing import Any

from reconciler.drill.timeline import clock, timeline

Json = dict[str, Any]
Row = Sequence[str]

_MOST_ROWS = 400
_LONGEST_FIGURE = 24
_HYPHEN = "\u2011"  # one that no line ends at: web-1 stays together

_READY = (
    "Ready again: from a kill, or from the end of a fault that holds, until the loop called all clusters ready, and no "
    "killed instance with them, for two seconds (or until the next fault); it was asked five times a second."
)
_WRONG = (
    "Wrong replacements: instances that had been ready and went away, though they had neither died, nor been hit or "
    "changed by this drill."
)
_HOW = (
    _READY,
    "Failed requests: as the load counts them; a request has failed when its answer isn't right.",
    "Probes: asked all along, also while faults held; an answer that is late or wrong is a failure.",
    _WRONG,
)


def page(report: Json) -> str:
    """The whole page as HTML."""
    style = resources.files("reconciler.drill").joinpath("page.css").read_text(encoding="utf-8")
    title = escape(f"{report['drill']['name']}: {_word(report).lower()}")
    body = "\n".join(part for part in _parts(report) if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _parts(report: Json) -> Iterator[str]:
    yield _head(report)
    yield _cards(report["expectations"])
    yield f"<h2>What happened</h2>\n{timeline(report)}"
    yield _faults(report["faults"])
    yield _load(report["load"])
    yield _history(report["history"])
    yield _replacements(report["replacements"])
    yield _steps(report)
    yield _events(report["events"])
    yield _how(report)
    yield _foot(report)


def _word(report: Json) -> str:
    if report["ending"]["kind"] == "aborted":
        return "Aborted"
    return "Passed" if report["passed"] else "Broken"


def _head(report: Json) -> str:
    drill = report["drill"]
    when = report["began_at"].replace("T", " ").replace("+00:00", " UTC")
    eyebrow = f"Drill {drill['name']} · environment {report['environment']} · {when} · {_length(report['seconds'])}"
    word = _word(report)
    return (
        f'<div class="eyebrow">{escape(eyebrow)}</div>\n<h1>{escape(drill["about"] or drill["name"])}</h1>\n'
        f'<div class="verdict {"good" if report["passed"] else "bad"}"><b>{word}</b>'
        f"<span>{escape(report['verdict'])}</span></div>"
    )


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60} s" if seconds >= 60 else f"{seconds:.1f} s"


def _cards(expectations: Sequence[Json]) -> str:
    return f'<div class="cards">{"".join(_card(one) for one in expectations)}</div>' if expectations else ""


def _card(one: Json) -> str:
    kind, state = ("good", "✓ met") if one["good"] else ("bad", "✗ not met")
    gauge = ""
    if one["figure"] is not None and one["limit"]:
        gauge = f'<div class="gauge"><i style="width:{min(one["figure"] / one["limit"], 1) * 100:.1f}%"></i></div>'
    details = "".join(f"<li>{escape(detail)}</li>" for detail in one["details"])
    figure, more = _figure(one)
    return (
        f'<div class="card {kind}"><span class="state">{state}</span><div>{escape(one["name"].capitalize())}</div>'
        f'<div class="figure">{escape(figure)}</div>{f"<div>{escape(more)}</div>" if more else ""}'
        f'<div class="small">expected: {escape(one["wanted"])}</div>'
        f"{gauge}{f'<ul>{details}</ul>' if details else ''}</div>"
    )


def _figure(one: Json) -> tuple[str, str]:
    """The figure itself, and what it is of: `0.5 %` and `3 of 600`."""
    said = one["measured"]
    for between, after in ((" (", ")"), (", ", "")):
        figure, found, more = said.partition(between)
        if found and one["figure"] is not None and len(figure) <= _LONGEST_FIGURE:
            return figure, more.removesuffix(after)
    return said, ""


def _table(heads: Row, rows: Sequence[Row], numbers: frozenset[int] = frozenset(), wrong: int | None = None) -> str:
    """Cells are escaped; `numbers` are the columns that hold figures, `wrong` one whose filled cells are alarming."""

    def cell(tag: str, column: int, text: str) -> str:
        kind = "number" if column in numbers else "wrong" if column == wrong and tag == "td" and text else ""
        return f"<{tag}{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{escape(text)}</{tag}>"

    head = "".join(cell("th", column, text) for column, text in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(cell('td', column, text) for column, text in enumerate(row))}</tr>\n"
        for row in rows[:_MOST_ROWS]
    )
    more = f'<p class="small">and {len(rows) - _MOST_ROWS} more in the JSON</p>' if len(rows) > _MOST_ROWS else ""
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>{more}'


def _seconds(seconds: float | None, otherwise: str = "") -> str:
    return otherwise if seconds is None else f"{seconds:.1f} s"


def _faults(faults: Sequence[Json]) -> str:
    if not faults:
        return ""
    rows = []
    for number, fault in enumerate(faults, 1):
        held = "at once" if not fault["holds"] else _seconds((fault["until"] or fault["at"]) - fault["at"])
        hit = ", ".join(victim["instance"].replace("-", _HYPHEN) for victim in fault["victims"])
        recovered = _seconds(fault["recovered_seconds"], "not recovered")
        rows.append((str(number), clock(fault["at"]), fault["says"], hit, held, _facts(fault["facts"]), recovered))
    heads = ("", "at", "fault", "hit", "held", "checked", "ready again after")
    return f"<h2>Faults</h2>\n{_table(heads, rows, frozenset({1, 4, 6}))}"


def _facts(facts: Json) -> str:
    """What a fault proved of itself, in a few words; docs/reference/chaos.md describes the figures."""
    words = []
    if facts.get("pairs"):
        words.append(f"{facts.get('pairs_as_meant')} of {facts['pairs']} pairs as meant")
    for key, word in (("in_force_seconds", "in force"), ("healed_seconds", "healed")):
        if isinstance(facts.get(key), int | float):
            words.append(f"{word} in {facts[key]:.2f} s")
    for key, word in (("newcomers", "hit as they came"), ("unhealed", "NOT healed")):
        if facts.get(key):
            words.append(f"{len(facts[key])} {word}")
    if facts.get("ended_elsewhere"):
        words.append("ended by somebody else before its time")
    return ", ".join([*words, *map(str, facts.get("checks", ()))])


def _load(load: Json | None) -> str:
    if load is None:
        return ""
    document = load["document"] or {}
    said = f"<p>{escape(load['problem'])}</p>" if load["problem"] else ""
    rows = [
        (str(one.get("name", "")), *(str(one.get(key, "")) for key in ("count", "failures")), *_times(one))
        for one in [*_listed(document, "names"), *_total(document)]
    ]
    heads = ("request", "made", "failed", "median", "p95", "p99", "slowest")
    table = _table(heads, rows, frozenset(range(1, 7))) if rows else "<p>The load told no figures.</p>"
    failures = [
        (str(one.get("count", "")), str(one.get("name", "")), str(one.get("text", "")))
        for one in _listed(document, "failures")
    ]
    told = _table(("times", "request", "what was wrong"), failures, frozenset({0})) if failures else ""
    return f"<h2>Load</h2>\n{said}{table}{told}"


def _listed(document: Json, key: str) -> list[Json]:
    """The entries of a list in a document that any program may have written."""
    found = document.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _total(document: Json) -> Iterator[Json]:
    if isinstance(document.get("requests"), dict):
        yield {"name": "all requests", **document["requests"]}


def _times(one: Json) -> Iterator[str]:
    for key in ("median_ms", "p95_ms", "p99_ms", "max_ms"):
        value = one.get(key)
        yield f"{value:.0f} ms" if isinstance(value, int | float) else ""


def _history(history: Json | None) -> str:
    if history is None:
        return ""
    if history["verdict"] is None:
        return f"<h2>Consistency</h2>\n<p>{escape(history['problem'] or 'There is no history.')}</p>"
    found = history["verdict"]
    kinds = ("lost", "doubled", "phantom", "resurrected", "stale", "foreign", "shared")
    rows = [(kind, one["key"], one["value"], one["says"]) for kind in kinds for one in found[kind]]
    table = _table(("", "of", "element", "what is wrong"), rows, wrong=0) if rows else ""
    sides = [(s["name"] or "all", *(str(s[k]) for k in ("acknowledged", "refused", "unknown"))) for s in found["sides"]]
    heads = ("side", "acknowledged", "refused", "unknown outcome")
    counted = _table(heads, sides, frozenset({1, 2, 3})) if sides else ""
    return f"<h2>Consistency</h2>\n<p>{escape(found['sentence'])}</p>\n{counted}{table}"


def _replacements(replacements: Sequence[Json]) -> str:
    if not replacements:
        return ""
    wrong = any(not one["right"] for one in replacements)
    rows = [
        [
            clock(o["at"]),
            o["instance"].replace("-", _HYPHEN),
            o["zone"],
            o["cause"],
            o["because"],
            "" if o["right"] else "it was well",
        ]
        for o in replacements
    ]
    heads = ["at", "instance", "zone", "why, as the loop said", "in order, because", "wrong, because"]
    columns = slice(None, None if wrong else -1)
    table = _table(heads[columns], [row[columns] for row in rows], frozenset({0}), wrong=5)
    return f"<h2>Replaced instances</h2>\n{table}"


def _steps(report: Json) -> str:
    def lasted(step: Json) -> str:
        return _seconds(None if step["until"] is None else step["until"] - step["at"])

    rows = [(clock(s["at"]), s["text"], str(s["line"] or ""), lasted(s)) for s in report["steps"]]
    rows += [(clock(remark["at"]), remark["text"], "", "") for remark in report["remarks"]]
    table = _table(("at", "step", "line", "took"), rows, frozenset({0, 2, 3}))
    return f"<details><summary>Steps ({len(report['steps'])})</summary>{table}</details>"


def _events(events: Sequence[Json]) -> str:
    rows = [(clock(e["at"]), e["kind"], e["subject"], e["cause"], e["message"]) for e in events]
    table = _table(("at", "what", "of", "why", "error"), rows, frozenset({0}), wrong=4)
    return f"<details><summary>Events of the loop ({len(events)})</summary>{table}</details>"


def _how(report: Json) -> str:
    lines = list(_HOW)
    if report["history"] is not None:
        lines.append("Consistency: what was acknowledged to the clients against what they read back at the end.")
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<details><summary>How this was measured</summary><ul>{items}</ul></details>"


def _foot(report: Json) -> str:
    file, seed = escape(report["drill"]["file"]), report["seed"]
    return (
        f'<footer class="small">reconciler {escape(report["version"])} · <code>{file}</code> · seed {seed} · '
        "the same as JSON: report.json</footer>"
    )
