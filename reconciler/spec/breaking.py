"""The part of a spec that says what may be broken on purpose: `chaos`, with the rules that a schema can't say.

Before: build. After: chaos (values). What is not allowed plainly here is never broken.
"""

from reconciler.spec.chaos import ALWAYS, WEEK, Chaos, Day, Hours, MonkeyPolicy
from reconciler.spec.report import quoted
from reconciler.spec.values import Values

_MONKEY = ("chaos", "monkey")


def chaos(values: Values, *, serves: bool) -> Chaos | None:
    """What is allowed; `serves` is false in a task, which has no policy."""
    if not values.has("chaos"):
        return None
    return Chaos(enabled=values.flag("chaos", "enabled"), monkey=_monkey(values, serves=serves))


def _monkey(values: Values, *, serves: bool) -> MonkeyPolicy | None:
    if not values.has(*_MONKEY):
        return None
    if not serves:
        values.problem(_MONKEY, "a task doesn't have it", "remove it: no run of a task has to go on", at_key=True)
    _one_rate(values)
    chance = values.plain(None, *_MONKEY, "probability")
    return MonkeyPolicy(
        unleashed=values.flag(*_MONKEY, "unleashed"),
        mean_time_seconds=values.seconds(1.0, *_MONKEY, "mean_time") if values.has(*_MONKEY, "mean_time") else None,
        probability=None if chance is None else float(chance),
        min_interval_seconds=values.seconds(600.0, *_MONKEY, "min_interval"),
        hours=_hours(values),
        days=_days(values),
        most_per_day=values.whole(1, *_MONKEY, "most_per_day"),
        group=values.text("", *_MONKEY, "group"),
        except_zones=_excepted_zones(values),
        except_numbers=tuple(values.whole(1, *path) for path in values.items(*_MONKEY, "except", "numbers")),
    )


def _one_rate(values: Values) -> None:
    mean, chance = (*_MONKEY, "mean_time"), (*_MONKEY, "probability")
    if values.given(*mean) and values.given(*chance):
        fix = "keep one of them"
        values.problem(chance, "`mean_time` and `probability` can't stand together", fix, at_key=True)
    elif not values.given(*mean) and not values.given(*chance):
        problem = "nothing says how often"
        values.problem(_MONKEY, problem, "add `mean_time: 2h`, or `probability: 0.5` for a day", at_key=True)


def _hours(values: Values) -> Hours:
    path = (*_MONKEY, "hours")
    if not values.has(*path):
        return ALWAYS
    opens, closes = (_minutes(part) for part in values.text("", *path).split("-"))
    if opens == closes:
        fix = "leave it out for always, or write another span"
        values.problem(path, "it closes when it opens", fix)
        return ALWAYS
    return Hours(opens=opens, closes=closes)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _days(values: Values) -> tuple[Day, ...]:
    chosen = {values.text("", *path) for path in values.items(*_MONKEY, "days")}
    return tuple(day for day in WEEK if day in chosen) or WEEK


def _excepted_zones(values: Values) -> tuple[str, ...]:
    known = [values.text("", *path) for path in values.items("zones")] or ["default"]
    found = []
    for path in values.items(*_MONKEY, "except", "zones"):
        zone = values.text("", *path)
        if zone not in known and _zones_are_right(values):
            fix = f"its zones are {', '.join(known)}"
            values.problem(path, f"the cluster has no zone {quoted(zone)}", fix)
        found.append(zone)
    if found and set(known) <= set(found) and _zones_are_right(values):
        problem = "all zones are excepted, so nobody could be killed"
        values.problem((*_MONKEY, "except", "zones"), problem, "leave one out, or remove the policy")
    return tuple(found)


def _zones_are_right(values: Values) -> bool:
    """Of zones that are wrong themselves, enough has been said."""
    return values.has("zones") or not values.given("zones")
