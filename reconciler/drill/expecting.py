"""What a drill expected against what was measured: a Result for each expectation, in the reference's order. Pure.

Before: recording, recovering, replacing, runner (Ending). After: report, the exit code. What can't be measured is
never good.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.drill.recording import Measured
from reconciler.drill.recovering import recoveries
from reconciler.drill.replacing import replacements
from reconciler.drill.runner import Ending
from reconciler.drill.values import Drill
from reconciler.spec.units import show_seconds

_LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One expectation: `wanted` and `measured` in words, `limit` and `figure` as numbers (None: not measured)."""

    name: str
    wanted: str
    measured: str
    good: bool
    figure: float | None = None
    limit: float | None = None
    line: int = 0
    details: tuple[str, ...] = ()


def judge(drill: Drill, measured: Measured, *, settled: bool = True) -> tuple[Result, ...]:
    """Every expectation of the drill. `settled`: the last recovery was waited for."""
    return tuple(_results(drill, measured, settled=settled))


def verdict(drill: Drill, ending: Ending, results: tuple[Result, ...]) -> tuple[bool, str]:
    """Whether the drill is passed, and the first thing that says it isn't (or how much was met)."""
    where = f"{drill.file}:{ending.line}: " if ending.line else ""
    if ending.kind == "aborted":
        return False, "aborted: what was measured until then is here"
    if ending.kind != "finished":
        return False, f"{where}{ending.why}"
    broken = next((result for result in results if not result.good), None)
    if broken is not None:
        return False, f"{drill.file}:{broken.line}: {broken.name}: {broken.wanted} expected; {broken.measured}"
    if not results:
        return True, "all steps were done; nothing was expected"
    return True, f"all steps were done, {_all(len(results))} met"


def _all(count: int) -> str:
    return "the one expectation is" if count == 1 else f"all {count} expectations are"


def _results(drill: Drill, measured: Measured, *, settled: bool) -> Iterator[Result]:
    expect = drill.expect
    if expect.recovered_within_seconds is not None:
        yield _recovery(drill, measured, expect.recovered_within_seconds, settled=settled)
    if expect.failed_requests_below is not None:
        yield _failed_requests(drill, measured, expect.failed_requests_below)
    if expect.steady_failures_below is not None:
        yield _steady(drill, measured, expect.steady_failures_below)
    if expect.wrong_replacements is not None:
        yield _wrong(drill, measured, expect.wrong_replacements)
    if expect.nothing_lost:
        yield _nothing_lost(drill, measured)


def _line(drill: Drill, key: str) -> int:
    place = drill.expect.places.get(key)
    return place.line if place is not None else 0


def _recovery(drill: Drill, measured: Measured, within: float, *, settled: bool) -> Result:
    found = recoveries(drill, measured, settled=settled)
    late = [one for one in found if one.seconds is None or one.seconds > within]
    never = [one for one in found if one.seconds is None]
    slowest = max((one.seconds for one in found if one.seconds is not None), default=None)
    if not found:
        said = "no fault was made"
    elif never:
        said = f"after `{never[0].says}` not all were ready again by the end"
    else:
        said = f"{slowest:.1f} s{f', the slowest of {len(found)}' if len(found) > 1 else ''}"
    return Result(
        name="recovered",
        wanted=f"within {show_seconds(within)} of each fault",
        measured=said,
        good=bool(found) and not late,
        figure=None if never else slowest,
        limit=within,
        line=_line(drill, "recovered"),
        details=tuple(f"{one.says}: {_seconds(one.seconds)}" for one in late),
    )


def _seconds(seconds: float | None) -> str:
    return "not recovered" if seconds is None else f"{seconds:.1f} s"


def _failed_requests(drill: Drill, measured: Measured, below: float) -> Result:
    document = measured.load or {}
    count, failures = requests_of(document)
    share = failures / count if count else None
    if measured.load_problem or not document:
        said = f"not measured: {measured.load_problem or 'the load told nothing'}"
    elif share is None:
        said = "not measured: the load made no request"
    else:
        said = f"{_percent(share)} ({failures} of {count})"
    return Result(
        name="failed requests",
        wanted=_below(below),
        measured=said,
        good=share is not None and not measured.load_problem and _is_below(share, below),
        figure=share,
        limit=below,
        line=_line(drill, "failed_requests"),
        details=tuple(_failure_texts(document)),
    )


def requests_of(document: Mapping[str, Any]) -> tuple[int, int]:
    """How many requests the load made, and how many of them failed; zeros where its document doesn't say."""
    requests = document.get("requests")
    numbers = [requests.get(key) for key in ("count", "failures")] if isinstance(requests, dict) else []
    count, failures = (number if isinstance(number, int) else 0 for number in (*numbers, 0, 0)[:2])
    return count, failures


def _failure_texts(document: Mapping[str, Any]) -> Iterator[str]:
    failures = document.get("failures")
    for failure in failures[:5] if isinstance(failures, list) else []:
        if isinstance(failure, dict):
            yield f"{failure.get('count', '?')} times {failure.get('name', '')}: {_short(str(failure.get('text', '')))}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _steady(drill: Drill, measured: Measured, below: float) -> Result:
    shares = dict(probe_shares(drill, measured))
    silent = [name for name, (count, _) in shares.items() if not count]
    rated = {name: bad / count for name, (count, bad) in shares.items() if count}
    worst = max(rated, key=lambda name: rated[name], default="")
    said = f"not measured: {', '.join(silent)} was never asked" if silent or not worst else ""
    if not said:
        count, bad = shares[worst]
        said = f"{_percent(rated[worst])} of {worst} ({bad} of {count})"
    return Result(
        name="steady",
        wanted=f"failures {_below(below)}",
        measured=said,
        good=not silent and bool(rated) and all(_is_below(share, below) for share in rated.values()),
        figure=rated.get(worst),
        limit=below,
        line=_line(drill, "steady"),
        details=tuple(_reasons(measured, [name for name, share in rated.items() if not _is_below(share, below)])),
    )


def probe_shares(drill: Drill, measured: Measured) -> Iterator[tuple[str, tuple[int, int]]]:
    """For each probe how often it was asked, and how often the answer was wrong."""
    for probe in drill.steady:
        answers = [sample for sample in measured.probes if sample.probe == probe.name]
        yield probe.name, (len(answers), sum(1 for sample in answers if sample.why))


def _reasons(measured: Measured, probes: Collection[str]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for sample in measured.probes:
        if sample.why and sample.probe in probes:
            said = f"{sample.probe}: {sample.why}"
            counts[said] = counts.get(said, 0) + 1
    for said, count in sorted(counts.items(), key=lambda item: -item[1])[:5]:
        yield f"{count} times {said}"


def _wrong(drill: Drill, measured: Measured, most: int) -> Result:
    wrong = [one for one in replacements(measured) if not one.right]
    seen = any(not sample.problem for sample in measured.worlds)
    return Result(
        name="wrong replacements",
        wanted="none" if not most else f"at most {most}",
        measured=str(len(wrong)) if seen else "not measured: the loop could not be seen",
        good=seen and len(wrong) <= most,
        figure=float(len(wrong)) if seen else None,
        limit=float(most),
        line=_line(drill, "wrong_replacements"),
        details=tuple(f"{one.instance} in {one.zone}: {one.cause or 'the loop did not say why'}" for one in wrong),
    )


def _nothing_lost(drill: Drill, measured: Measured) -> Result:
    found, problem = measured.history, measured.history_problem
    if found is None:
        said = f"not measured: {problem or 'there is no history'}"
    elif found.holds and not problem:
        said = f"none of {found.counts.acknowledged} acknowledged"
    else:
        said = f"{problem}: {found.sentence}" if problem else found.sentence
    lost = () if found is None else (*found.lost, *found.doubled, *found.phantom)
    return Result(
        name="nothing lost",
        wanted="everything acknowledged is there, once",
        measured=said,
        good=found is not None and found.holds and not problem,
        figure=None if found is None else float(len(lost)),
        limit=0.0,
        line=_line(drill, "nothing_lost"),
        details=tuple(f"{one.key} {one.value}: {one.says}" for one in lost[:10]),
    )


def _is_below(share: float, below: float) -> bool:
    """`0%` allows none: nothing is below it."""
    return share < below or share == below == 0


def _below(below: float) -> str:
    return f"below {_percent(below)}" if below else "none"


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + " %"
