"""What came of a drill as one document (`reconciler/drill/v1`): the JSON of the report, and all that its page shows.

Before: expecting, recording. After: page; scripts. Times are seconds since the drill began. Keys are added, never
renamed or removed. Pure.
"""

from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from typing import Any

from reconciler.drill.expecting import Result, judge, probe_shares, verdict
from reconciler.drill.recording import Measured, Span
from reconciler.drill.recovering import recoveries
from reconciler.drill.replacing import replacements
from reconciler.drill.runner import Ending
from reconciler.drill.values import Drill

TYPE = "reconciler/drill/v1"
_MOST_EVENTS = 10_000
# At most so many points of a probe's answers are kept in the document; failures are all kept.
_MOST_ANSWERS = 2000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Where and with what it ran."""

    environment: str
    version: str
    seed: int


def document(drill: Drill, ending: Ending, measured: Measured, about: About) -> Json:
    """The whole report. `passed` and `verdict` first: that is what is asked for."""
    settled = ending.kind in ("finished", "broken")
    results = judge(drill, measured, settled=settled)
    passed, says = verdict(drill, ending, results)
    return {
        "type": TYPE,
        "passed": passed,
        "verdict": says,
        "drill": {"name": drill.name, "file": drill.file, "about": drill.about},
        "environment": about.environment,
        "version": about.version,
        "seed": about.seed,
        "began_at": datetime.fromtimestamp(measured.began_at, UTC).isoformat(timespec="seconds"),
        "seconds": _round(measured.ended_at - measured.began_at),
        "ending": {"kind": ending.kind, "why": ending.why, "line": ending.line},
        "expectations": [_result(result) for result in results],
        "faults": _faults(drill, measured, settled=settled),
        "steps": [
            {"text": s.text, "line": s.line, "at": _at(measured, s.begun_at), "until": _at(measured, s.ended_at)}
            for s in measured.steps
        ],
        "replacements": _replacements(measured),
        "clusters": _clusters(measured),
        "unseen": _unseen(measured),
        "probes": _probes(drill, measured),
        "load": _load(drill, measured),
        "history": _history(drill, measured),
        "events": _events(measured)[:_MOST_EVENTS],
        "events_left_out": max(len(_events(measured)) - _MOST_EVENTS, 0),
        "remarks": [{"at": _at(measured, at), "text": text} for at, text in measured.remarks],
    }


def _round(seconds: float) -> float:
    return round(seconds, 3)


def _at(measured: Measured, at: float | None) -> float | None:
    return None if at is None else _round(at - measured.began_at)


def _result(result: Result) -> Json:
    return asdict(result) | {"details": list(result.details)}


def _faults(drill: Drill, measured: Measured, *, settled: bool) -> list[Json]:
    found = {(one.says, one.over_at): one.seconds for one in recoveries(drill, measured, settled=settled)}
    return [_fault(span, measured, found.get((span.says, span.over_at or 0.0))) for span in measured.spans]


def _fault(span: Span, measured: Measured, seconds: float | None) -> Json:
    return {
        "kind": span.kind,
        "says": span.says,
        "at": _at(measured, span.begun_at),
        "until": _at(measured, span.ended_at) if span.holds else None,
        "holds": span.holds,
        "recovered_seconds": None if seconds is None else _round(seconds),
        "victims": [{"instance": v.instance, "zone": v.zone, "container": v.id[:12]} for v in span.victims],
        "facts": dict(span.facts),
    }


def _replacements(measured: Measured) -> list[Json]:
    return [
        {
            "instance": one.instance,
            "zone": one.zone,
            "container": one.id[:12],
            "at": _at(measured, one.gone_at),
            "cause": one.cause,
            "right": bool(one.right),
            "because": one.right,
        }
        for one in replacements(measured)
    ]


def _clusters(measured: Measured) -> list[Json]:
    """For each cluster the instants at which something changed: second, ready, desired, all ready."""
    series: dict[str, list[list[Any]]] = {}
    for sample in measured.worlds:
        at = _at(measured, sample.at)
        for cluster in sample.clusters:
            points = series.setdefault(cluster.name, [])
            point = [at, cluster.ready, cluster.desired, cluster.all_ready]
            if not points or points[-1][1:] != point[1:]:
                points.append(point)
    return [{"name": name, "series": points} for name, points in sorted(series.items())]


def _unseen(measured: Measured) -> list[list[Any]]:
    """From when until when nothing could be seen, and why: the series of the clusters say nothing of that time."""
    found: list[list[Any]] = []
    ends = [sample.at for sample in measured.worlds[1:]] + [measured.ended_at]
    for sample, until in zip(measured.worlds, ends, strict=False):
        why = sample.problem or ("" if sample.clusters else "the loop knew of no cluster yet")
        if why and found and found[-1][1] == _at(measured, sample.at):
            found[-1][1] = _at(measured, until)
        elif why:
            found.append([_at(measured, sample.at), _at(measured, until), why])
    return found


def _probes(drill: Drill, measured: Measured) -> list[Json]:
    found = []
    for probe, (_, (count, bad)) in zip(drill.steady, probe_shares(drill, measured), strict=True):
        answers = [sample for sample in measured.probes if sample.probe == probe.name]
        thinned = max(1, len(answers) // _MOST_ANSWERS)
        kept = [answer for number, answer in enumerate(answers) if answer.why or number % thinned == 0]
        series = [[_at(measured, a.at), _round(a.seconds), a.why] for a in kept]
        found.append(
            {
                "name": probe.name,
                "every_seconds": probe.every_seconds,
                "asked": count,
                "failed": bad,
                "series": series,
            }
        )
    return found


def _load(drill: Drill, measured: Measured) -> Json | None:
    """The load's own document, and from when on its seconds count."""
    if drill.load is None:
        return None
    return {
        "image": drill.load.image,
        "at": _at(measured, measured.load_began_at) if measured.load_began_at else None,
        "problem": measured.load_problem,
        "document": measured.load,
    }


def _history(drill: Drill, measured: Measured) -> Json | None:
    if drill.clients is None:
        return None
    found = measured.history
    told = asdict(found) if is_dataclass(found) and not isinstance(found, type) else None
    return {"problem": measured.history_problem, "verdict": told}


def _events(measured: Measured) -> list[Json]:
    within = [event for event in measured.events if event.at >= measured.began_at]
    return [
        {
            "at": _at(measured, event.at),
            "cluster": event.cluster,
            "kind": event.kind,
            "subject": event.subject,
            "cause": event.cause,
            "result": event.result,
            "message": event.message,
            "seconds": _round(event.duration_seconds),
        }
        for event in within
    ]
