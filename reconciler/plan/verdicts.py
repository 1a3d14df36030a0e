"""Judging one instance: ready, starting, suspect, dead or unknown, and when that may change by time alone.

Before: observed (what was seen) and the spec's health (how to judge). After: channel, reconcile, report.
Without `health`, an instance is judged by its heartbeat if its image carries the agent, else by the image's own
HEALTHCHECK, else it is ready after running for `health.settle`.
"""

from typing import NamedTuple

from reconciler.plan.status import Verdict
from reconciler.spec.cluster import Health, Heartbeat, Probe
from reconciler.state.beats import Sounding
from reconciler.state.instance import EngineState, ImageHealth, Instance
from reconciler.state.observed import Observed, Sighting

DEFAULT_HEARTBEAT = Heartbeat()
NEVER_SEEN = Sighting(up_since=0.0)
_GONE = frozenset({EngineState.EXITED, EngineState.DEAD, EngineState.CREATED})


class Judgement(NamedTuple):
    """`cause` says why it isn't ready. `replace_at` is when a suspect's grace is over, `changes_at` when to judge
    again. A tuple, because ten thousand of them are made in a pass.

    `patience_seconds` is how long its news may stay away before it is given up.
    `silent`: it was heard and is not any more. `late`: two intervals without news. `heard`: news within its limit.
    `mute`: never heard since it started. `presumed`: nothing heard yet since listening began, nor for long enough
    to conclude anything. `unproven`: late, but never heard by this loop at all. `probed`: the news in question are a
    probe's, not heartbeats. All of these concern the channel, not the engine.
    """

    verdict: Verdict
    cause: str = ""
    replace_at: float | None = None
    changes_at: float | None = None
    patience_seconds: float = 0.0
    silent: bool = False
    late: bool = False
    heard: bool = False
    mute: bool = False
    presumed: bool = False
    unproven: bool = False
    probed: bool = False


STOPPING = Judgement(Verdict.STOPPING)


def judge(instance: Instance, health: Health, observed: Observed, now: float) -> Judgement:
    """The verdict on `instance` at `now` (seconds of attended time): the worst that its health checks say."""
    sighting = observed.sightings.get(instance.id, NEVER_SEEN)
    if sighting.terminated_at is not None or instance.state is EngineState.REMOVING:
        return STOPPING
    if instance.id in observed.terminations:  # a person's word needs no other reason
        return STOPPING
    if instance.state in _GONE:
        return Judgement(Verdict.DEAD, _cause_of_death(instance))
    heartbeat, probe = health.heartbeat, health.probe
    if heartbeat is None and probe is None and judged_by_news(health, has_agent=instance.has_agent):
        heartbeat = DEFAULT_HEARTBEAT
    judgement = None
    if heartbeat is not None:
        judgement = _judge_by_heartbeat(instance, heartbeat, health, sighting, observed, now)
    if probe is not None and (judgement is None or judgement.verdict is Verdict.READY):
        probed = _judge_by_probe(instance, probe, health, sighting, observed, now)._replace(probed=True)
        judgement = _sooner(judgement, probed)
    if judgement is None or (health.docker and judgement.verdict is Verdict.READY):
        judgement = _sooner(judgement, _judge_by_engine(instance, health, sighting, now))
    return judgement


def judged_by_news(health: Health, *, has_agent: bool) -> bool:
    """Whether heartbeats or probes say how such an instance is; else the engine alone does."""
    if health.heartbeat is not None or health.probe is not None:
        return True
    return has_agent and not health.docker


def _sooner(before: Judgement | None, judgement: Judgement) -> Judgement:
    """The later check's verdict, to be looked at again when either may change."""
    if before is None or before.changes_at is None:
        return judgement
    if judgement.changes_at is not None and judgement.changes_at <= before.changes_at:
        return judgement
    return judgement._replace(changes_at=before.changes_at)


def _judge_by_heartbeat(
    instance: Instance, heartbeat: Heartbeat, health: Health, sighting: Sighting, observed: Observed, now: float
) -> Judgement:
    beat = observed.beats.get(instance.id)
    interval = heartbeat.interval_seconds
    limit = interval * heartbeat.misses
    since = observed.channel.since
    if beat is None or beat.at < since:
        return _judge_unheard("heartbeat", limit, health, sighting, since, now, ever=beat is not None)
    silence = now - beat.at
    if silence <= limit:
        return Judgement(Verdict.READY, changes_at=beat.at + limit, late=silence > 2 * interval, heard=True)
    return _lost("heartbeat", beat.at, limit, health, now)


def _judge_by_probe(
    instance: Instance, probe: Probe, health: Health, sighting: Sighting, observed: Observed, now: float
) -> Judgement:
    sounding = observed.soundings.get(instance.id)
    at = sounding.last_success_at if sounding is not None else None
    limit = (probe.interval_seconds + probe.timeout_seconds) * probe.misses
    since = observed.channel.since
    if at is None or at < since:
        unheard = _judge_unheard("probe", limit, health, sighting, since, now, ever=at is not None)
        return _with_problem(unheard, sounding)
    silence = now - at
    if silence <= limit:
        late = silence > 2 * (probe.interval_seconds + probe.timeout_seconds)
        return Judgement(Verdict.READY, changes_at=at + limit, late=late, heard=True)
    return _with_problem(_lost("probe", at, limit, health, now), sounding)


def _with_problem(judgement: Judgement, sounding: Sounding | None) -> Judgement:
    """What the last probe met tells a person more than that none succeeded."""
    if not judgement.cause or sounding is None or not sounding.problem:
        return judgement
    return judgement._replace(cause=f"{judgement.cause} ({sounding.problem})")


def _judge_unheard(
    source: str, limit: float, health: Health, sighting: Sighting, since: float, now: float, *, ever: bool
) -> Judgement:
    """Nothing heard since listening began (again): who ran before then is given as long as a silent one."""
    presumed = sighting.up_since < since and now - since <= limit
    if not ever:
        begun = sighting.up_since if sighting.adopted else max(sighting.up_since, since)
        ready_by = begun + health.start_seconds
        if not sighting.adopted or since < ready_by:
            ready_by = max(ready_by, since + limit)
            if now < ready_by:
                cause = f"no {source} yet"
                unknown = sighting.up_since < since  # it may have been ready before we listened
                return Judgement(Verdict.STARTING, cause, changes_at=ready_by, mute=True, presumed=unknown)
            cause = f"not ready: no {source} within {health.start_seconds:g} s of its start"
            patience = limit + health.suspect_seconds
            return Judgement(Verdict.SUSPECT, cause, replace_at=ready_by, patience_seconds=patience, mute=True)
    if presumed:
        return Judgement(Verdict.READY, changes_at=since + limit, presumed=True)
    return _lost(source, since, limit, health, now)._replace(unproven=not ever)


def _lost(source: str, heard_at: float, limit: float, health: Health, now: float) -> Judgement:
    silence = now - heard_at
    if silence <= limit:
        return Judgement(Verdict.READY, changes_at=heard_at + limit)
    cause = f"lost: no {source} for {silence:.0f} s"
    patience = limit + health.suspect_seconds
    replace_at = heard_at + patience
    return Judgement(
        Verdict.SUSPECT, cause, replace_at=replace_at, changes_at=replace_at, patience_seconds=patience, silent=True,
        late=True,
    )  # fmt: skip


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
    settled_at = sighting.up_since + health.settle_seconds
    if now < settled_at:
        return Judgement(Verdict.STARTING, "just started", changes_at=settled_at)
    return Judgement(Verdict.READY)


def _cause_of_death(instance: Instance) -> str:
    if instance.state is EngineState.CREATED:
        return "left half made: never started"
    if instance.exit_code is None:
        return "died"
    return f"died: exit {instance.exit_code}"
