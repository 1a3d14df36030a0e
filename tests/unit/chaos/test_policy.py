"""When a policy kills, whom, how often; and each reason for which it doesn't."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest

from reconciler.chaos.policy import Candidate, Member, Moment, PastKill, Turn, View, decide
from reconciler.spec.chaos import Hours, MonkeyPolicy

DAY = 86_400.0
MONDAY = datetime(2026, 11, 30, tzinfo=UTC).timestamp()
NOON = MONDAY + DAY / 2
ALWAYS_KILLS = MonkeyPolicy(unleashed=True, mean_time_seconds=1e-9, min_interval_seconds=600.0)
OFFICE = Hours(opens=9 * 60, closes=15 * 60)
NIGHT = Hours(opens=22 * 60, closes=4 * 60)


def utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def candidates(cluster: str = "web", size: int = 3) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(id=f"{cluster}{number}", name=f"{cluster}-{number}", number=number, zone=f"az{number}")
        for number in range(1, size + 1)
    )


def member(policy: MonkeyPolicy = ALWAYS_KILLS, cluster: str = "web", off: str = "") -> Member:
    return Member(cluster=cluster, policy=policy, candidates=candidates(cluster), off=off)


def kill(at: float, cluster: str = "web", *, leashed: bool = False) -> PastKill:
    return PastKill(at=at, cluster=cluster, instance=f"{cluster}-1", leashed=leashed)


def turn(
    *members: Member,
    past: Sequence[PastKill] = (),
    at: float = NOON,
    elapsed_seconds: float = 1.0,
    troubles: dict[str, str] | None = None,
    rng: Random | None = None,
) -> Turn:
    view = View(members=members, troubles=troubles or {})
    now = Moment(at=at, local=utc)
    return decide(view, past, now, elapsed_seconds=elapsed_seconds, rng=rng or Random(1))


def why_not(*members: Member, past: Sequence[PastKill] = (), at: float = NOON, **troubles: str) -> str:
    came = turn(*members, past=past, at=at, troubles=troubles)
    assert came.kill is None
    return came.refusals[members[0].cluster].sentence


# ---------------------------------------------------------------- whom


def test_the_same_seed_and_the_same_view_choose_the_same_victim() -> None:
    chosen = [turn(member(), rng=Random(seed)).kill for seed in (7, 7)]
    assert chosen[0] == chosen[1] is not None


def test_everybody_is_hit_equally_often() -> None:
    rng = Random(5)
    hit = Counter(found.victim.name for _ in range(3000) if (found := turn(member(), rng=rng).kill))
    assert set(hit) == {"web-1", "web-2", "web-3"}
    assert min(hit.values()) > 900


def test_exceptions_are_never_hit() -> None:
    policy = replace(ALWAYS_KILLS, except_zones=("az1",), except_numbers=(2,))
    rng = Random(5)
    assert {found.victim.name for _ in range(50) if (found := turn(member(policy), rng=rng).kill)} == {"web-3"}


def test_where_all_are_excepted_nobody_is_hit() -> None:
    policy = replace(ALWAYS_KILLS, except_numbers=(1, 2, 3))
    assert why_not(member(policy)) == "nobody is there to be hit; the others are excepted"
    assert why_not(replace(member(), candidates=())) == "nobody is there to be hit"


def test_at_most_one_is_hit_at_once() -> None:
    rng = Random(3)
    hit = {turn(member(), member(cluster="auth"), rng=rng).kill for _ in range(40)}
    assert {found.cluster for found in hit if found} == {"web", "auth"}


def test_without_the_word_it_is_leashed() -> None:
    came = turn(member(replace(ALWAYS_KILLS, unleashed=False)))
    assert came.kill is not None
    assert came.kill.leashed


# ---------------------------------------------------------------- why not


def test_a_cluster_that_is_left_alone_is() -> None:
    assert why_not(member(off="the cluster is suspended")) == "the cluster is suspended"


@pytest.mark.parametrize(
    ("at", "until"),
    [(MONDAY + 8.5 * 3600, "Mon 09:00"), (MONDAY + 15 * 3600, "Tue 09:00"), (MONDAY + 4.5 * DAY, "Mon 09:00")],
)
def test_out_of_hours_nobody_is_hit(at: float, until: str) -> None:
    policy = replace(ALWAYS_KILLS, hours=OFFICE, days=("mon", "tue", "wed", "thu"))
    assert why_not(member(policy), at=at) == f"closed until {until}"
    assert turn(member(policy), at=MONDAY + 9 * 3600 + 1).kill


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    policy = replace(ALWAYS_KILLS, hours=NIGHT, days=("mon",), min_interval_seconds=0.0)
    assert turn(member(policy), at=MONDAY + 23 * 3600).kill
    assert turn(member(policy), at=MONDAY + DAY + 3 * 3600).kill
    assert why_not(member(policy), at=MONDAY + 3 * 3600) == "closed until Mon 22:00"
    early = [kill(MONDAY + 23 * 3600)]
    assert "1 a day are the most" in why_not(member(policy), past=early, at=MONDAY + DAY + 3 * 3600)


def test_no_more_than_so_many_a_day_and_the_next_day_counts_anew() -> None:
    policy = replace(ALWAYS_KILLS, most_per_day=2)
    past = [kill(MONDAY + 60), kill(MONDAY + 3600)]
    assert why_not(member(policy), past=past) == "it had 2 today, and 2 a day are the most"
    assert turn(member(policy), past=past, at=NOON + DAY).kill
    assert turn(member(policy), past=past[:1]).kill


def test_a_day_is_one_of_local_time() -> None:
    """23:30 in Berlin is the day before midnight there, whatever it is in Greenwich."""
    berlin = Moment(at=MONDAY + 0.5 * 3600, local=lambda at: datetime.fromtimestamp(at, ZoneInfo("Europe/Berlin")))
    view = View(members=(member(replace(ALWAYS_KILLS, min_interval_seconds=0.0)),))
    before_midnight, after_midnight = [kill(MONDAY - 1.5 * 3600)], [kill(MONDAY - 0.5 * 3600)]
    assert decide(view, before_midnight, berlin, elapsed_seconds=1.0, rng=Random(1)).kill
    assert not decide(view, after_midnight, berlin, elapsed_seconds=1.0, rng=Random(1)).kill


def test_between_two_kills_lies_the_interval() -> None:
    policy = replace(ALWAYS_KILLS, most_per_day=9)
    said = "web-1 was hit at 11:55:00; not again before 12:05:00"
    assert why_not(member(policy), past=[kill(NOON - 300)]) == said
    assert turn(member(policy), past=[kill(NOON - 600)]).kill


def test_a_clock_that_was_set_back_does_not_keep_the_monkey_away_for_ever() -> None:
    policy = replace(ALWAYS_KILLS, most_per_day=9)
    assert turn(member(policy), past=[kill(NOON + 7200)]).kill


def test_a_group_shares_interval_and_count_and_others_do_not() -> None:
    policy = replace(ALWAYS_KILLS, group="front")
    ours, auth = member(policy), member(policy, "auth")
    assert why_not(ours, auth, past=[kill(NOON - 9000, "auth")]) == "group front had 1 today, and 1 a day are the most"
    assert turn(ours, member(cluster="auth"), past=[kill(NOON - 9000, "auth")]).kill
    assert turn(ours, member(cluster="front"), past=[kill(NOON - 9000, "front")]).kill


def test_what_was_only_told_counts_for_those_who_only_tell() -> None:
    told = [kill(NOON - 9000, leashed=True)]
    assert turn(member(), past=told).kill
    assert "1 a day" in why_not(member(replace(ALWAYS_KILLS, unleashed=False)), past=told)


def test_nothing_is_done_while_anything_is_wrong() -> None:
    said = why_not(member(), auth="auth: 1 of 2 are ready", channel="heartbeats aren't trusted")
    assert said == "the environment isn't healthy: auth: 1 of 2 are ready (and 1 more)"


def test_what_lasts_longest_is_told_first() -> None:
    policy = replace(ALWAYS_KILLS, hours=OFFICE)
    assert why_not(member(policy), at=MONDAY, auth="auth: 1 of 2 are ready").startswith("closed")


# ---------------------------------------------------------------- how often


STEP_SECONDS = 60.0


def simulated(policy: MonkeyPolicy, *, days: int, seed: int = 1) -> list[float]:
    """The moments at which it killed; of the closed hours only those beside the open ones are looked at."""
    rng = Random(seed)
    past: list[PastKill] = []
    ours = member(policy)
    for day in range(days):
        for minute in range(policy.hours.opens - 5, policy.hours.closes + 5):
            at = MONDAY + day * DAY + minute * STEP_SECONDS
            if turn(ours, past=past[-20:], at=at, elapsed_seconds=STEP_SECONDS, rng=rng).kill:
                past.append(kill(at))
    return [one.at for one in past]


def test_a_probability_is_the_share_of_days_with_a_kill_spread_over_the_open_hours() -> None:
    policy = MonkeyPolicy(unleashed=True, probability=0.5, hours=OFFICE, min_interval_seconds=0.0, most_per_day=5)
    days = 80
    found = simulated(policy, days=days)
    hours = [(at - MONDAY) % DAY / 3600 for at in found]
    assert len({int((at - MONDAY) / DAY) for at in found}) == len(found)
    assert 0.38 < len(found) / days < 0.62
    assert 9 <= min(hours) < max(hours) <= 15
    assert 11.5 < fmean(hours) < 12.5


def test_a_certain_kill_comes_every_day() -> None:
    policy = MonkeyPolicy(unleashed=True, probability=1.0, hours=OFFICE, min_interval_seconds=0.0)
    assert len(simulated(policy, days=20)) == 20


def test_a_mean_time_is_the_mean_of_what_lies_between_counted_in_open_hours() -> None:
    policy = MonkeyPolicy(
        unleashed=True, mean_time_seconds=2 * 3600.0, hours=OFFICE, min_interval_seconds=0.0, most_per_day=100
    )
    days = 40
    found = simulated(policy, days=days)
    assert days * 3 * 0.8 < len(found) < days * 3 * 1.2


def test_time_that_nobody_watched_is_not_made_up_for() -> None:
    policy = replace(ALWAYS_KILLS, mean_time_seconds=DAY)
    rng = Random(2)
    hits = sum(1 for _ in range(1000) if turn(member(policy), elapsed_seconds=30 * DAY, rng=rng).kill)
    assert hits < 10
