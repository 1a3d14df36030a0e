"""Judging one instance: ready, starting, suspect, dead or unknown, and when that may change by time alone.

Before: observed (what was seen) and the spec's health (how to judge). After: channel, reconcile, report.
Without `health`, an instance is judged by its heartbeat if its image carries the agent, else by the image's own
HEALTHCHECK, else it is ready after running for one second.
"""

from dataclasses import dataclass

from reconciler.plan.status import Verdict
from reconciler.spec.cluster import Health, Heartbeat
from reconciler.state.instance import EngineState, ImageHealth, Instance
from reconciler.state.observed import Observed, Sighting

SETTLED_SECONDS = 1.0
DEFAULT_HEARTBEAT = Heartbeat()
_GONE = frozenset({EngineState.EXITED, EngineState.DEAD, EngineState.CREATED})


@dataclass(frozen=True, slots=True)
class Judgement:
    """`cause` says why it isn't ready. `replace_at` is when a suspect's grace is over, `changes_at` when to judge again.

    `silent`: it was heard and is not any more. `late`: two intervals without news. `heard`: news within its limit.
    `mute`: never heard since it started. All four concern the channel, not the engine.
    """

    verdict: Verdict
    cause: str = ""
    replace_at: float | None = None
    changes_at: float | None = None
    silent: bool = False
    late: bool = False
    heard: bool = False
    mute: bool = False


STOPPING = Judgement(Verdict.STOPPING)
_NEVER_SEEN = Sighting(up_since=0.0)


@dataclass(frozen=True, slots=True)
class News:
    """The last time that one source said well of an instance, and how long its silence is allowed to last."""

    source: str
    at: float | None
    interval: float
    limit: float


def judge(instance: Instance, health: Health, observed: Observed, now: float) -> Judgement:
    """The verdict on `instance` at `now` (seconds of attended time)."""
    sighting = observed.sightings.get(instance.id, _NEVER_SEEN)
    if sighting.terminated_at is not None or instance.state is EngineState.REMOVING:
        return STOPPING
    if instance.state in _GONE:
        return Judgement(Verdict.DEAD, _cause_of_death(instance))
    heartbeat = health.heartbeat
    if heartbeat is None and health.probe is None and not health.docker:
        if not instance.has_agent:
            return _judge_by_engine(instance, health, sighting, now)
        heartbeat = DEFAULT_HEARTBEAT
    if heartbeat is not None:
        beat = observed.beats.get(instance.id)
        limit = heartbeat.interval_seconds * heartbeat.misses
        news = News("heartbeat", beat.at if beat else None, heartbeat.interval_seconds, limit)
        judgement = _judge_by_news(news, health, sighting, observed.channel.since, now)
        if health.probe is None or judgement.verdict is not Verdict.READY:
            return judgement
    if health.probe is not None:
        sounding = observed.soundings.get(instance.id)
        probe = health.probe
        limit = (probe.interval_seconds + probe.timeout_seconds) * probe.misses
        news = News("probe", sounding.last_success_at if sounding else None, probe.interval_seconds, limit)
        return _judge_by_news(news, health, sighting, observed.channel.since, now)
    return _judge_by_engine(instance, health, sighting, now)


def _judge_by_news(news: News, health: Health, sighting: Sighting, since: float, now: float) -> Judgement:
    if news.at is None:
        ready_by = sighting.up_since + health.start_seconds
        if not sighting.adopted or since < ready_by:
            if now < ready_by:
                return Judgement(Verdict.STARTING, f"no {news.source} yet", changes_at=ready_by, mute=True)
            cause = f"not ready: no {news.source} within {health.start_seconds:g} s of its start"
            return Judgement(Verdict.SUSPECT, cause, replace_at=ready_by, mute=True)
    heard_at = since if news.at is None or news.at < since else news.at
    silence = now - heard_at
    if silence <= news.limit:
        late = silence > 2 * news.interval
        return Judgement(Verdict.READY, changes_at=heard_at + news.limit, late=late, heard=news.at is not None)
    cause = f"lost: no {news.source} for {silence:.0f} s"
    replace_at = heard_at + news.limit + health.suspect_seconds
    return Judgement(Verdict.SUSPECT, cause, replace_at=replace_at, changes_at=replace_at, silent=True, late=True)


def _judge_by_engine(instance: Instance, health: Health, sighting: Sighting, now: float) -> Judgement:
    if instance.state is EngineState.PAUSED:
        heartbeat = DEFAULT_HEARTBEAT
        since = sighting.paused_since if sighting.paused_since is not None else now
        replace_at = since + heartbeat.interval_seconds * heartbeat.misses + health.suspect_seconds
        return Judgement(Verdict.SUSPECT, "lost: frozen", replace_at=replace_at, changes_at=replace_at)
    if instance.health is ImageHealth.HEALTHY:
        return Judgement(Verdict.READY)
    if instance.health is ImageHealth.UNHEALTHY:
        return Judgement(Verdict.SUSPECT, "lost: its health check fails", replace_at=now)
    ready_by = sighting.up_since + health.start_seconds
    if instance.health is ImageHealth.STARTING or health.docker:
        if now < ready_by:
            return Judgement(Verdict.STARTING, "its health check has not passed yet", changes_at=ready_by)
        return Judgement(Verdict.SUSPECT, "not ready: no health check passed in time", replace_at=ready_by)
    settled_at = sighting.up_since + SETTLED_SECONDS
    if now < settled_at:
        return Judgement(Verdict.STARTING, "just started", changes_at=settled_at)
    return Judgement(Verdict.READY)


def _cause_of_death(instance: Instance) -> str:
    if instance.state is EngineState.CREATED:
        return "left half made: never started"
    if instance.exit_code is None:
        return "died"
    return f"died: exit {instance.exit_code}"
