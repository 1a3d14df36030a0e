"""Without a running loop: look at the engine and the files once, or turn a loop until the world is as wanted.

Before: the command line. After: its output. What only a loop can know (heartbeats, back-off, bake) is unknown here.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from reconciler.engine.closed_zones import read_closed
from reconciler.engine.docker import connect
from reconciler.engine.store import FILE_NAME, Store
from reconciler.loop.assembly import surroundings
from reconciler.loop.cycle import images_of
from reconciler.loop.history import History
from reconciler.loop.memory import LoopMemory
from reconciler.loop.runner import Loop
from reconciler.loop.scanner import Scanner, world_of
from reconciler.loop.secret_files import SecretFiles
from reconciler.loop.settings import Settings
from reconciler.loop.snapshot import Snapshot
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan
from reconciler.plan.scaling import METRIC_MISSING
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus
from reconciler.plan.world import Decision, decide
from reconciler.spec.wanted import WantedWorld
from reconciler.state.faults import FaultPart, group
from reconciler.state.observed import Observed
from reconciler.state.scales import Scale

_LOOK_SECONDS = 0.1


def offline_status(settings: Settings) -> WorldStatus:
    """The environment as the engine and the files show it. Raises EngineError where the engine doesn't answer."""
    world = scan(settings)
    observed, now, decision, faults = look(settings, world)
    plans = {plan.cluster: plan for plan in decision.plans if plan.cluster}
    snapshot = Snapshot(world=decision.world, observed=observed, decision=decision, plans=plans)
    status = snapshot.status(
        env=settings.env, domain=settings.domain, now=now, beats={}, in_flight={}, wall=time.time()
    )
    return replace(status, specs=str(settings.specs), faults=group(faults, time.time()))


def offline_plan(settings: Settings, files: Mapping[str, bytes] | None) -> tuple[Plan, ...]:
    """What a loop would decide at its first pass. Raises SpecError, EngineError."""
    if files is None:
        world = scan(settings)
    else:
        world = world_of(files, settings.policy, SecretFiles(settings.specs, settings.secrets_dir))
    _, _, decision, _ = look(settings, world)
    return decision.plans


def run_once(settings: Settings, timeout_seconds: float, confirmed: tuple[str, ...] = ()) -> WorldStatus:
    """Turn a loop of our own until everything is as wanted, at most `timeout_seconds`; the last status.

    Raises LockHeld where a loop runs, EngineError where the engine doesn't answer.
    """
    problems: list[str] = []
    with surroundings(settings, on_problem=problems.append) as around:
        loop = Loop(settings, around)
        for name in confirmed:
            loop.expect_delete(name)
        thread = threading.Thread(target=loop.run, name="loop")
        thread.start()
        try:
            return _wait(loop, timeout_seconds)
        finally:
            loop.stop()
            thread.join()


def converged(status: WorldStatus) -> bool:
    """Every cluster is as its spec says or waits for a person, and nothing is left over."""
    over = all((row.all_ready and not row.doing) or _waits_for_a_person(row) for row in status.clusters)
    return over and not status.engine_problem


def _waits_for_a_person(row: ClusterStatus) -> bool:
    """No time brings it further: a task or a rollout that has failed, a canary, a pause."""
    back = row.rolled_back and len(row.instances) == row.desired  # what was tried is gone, too
    return bool(row.failed or back or row.awaits_person)


def _wait(loop: Loop, timeout_seconds: float) -> WorldStatus:
    deadline = time.monotonic() + timeout_seconds
    while True:
        status = loop.status()
        if (loop.passes and converged(status)) or time.monotonic() >= deadline:
            return status
        time.sleep(_LOOK_SECONDS)


def scan(settings: Settings) -> WantedWorld:
    """The directory as it is; a broken file's last good spec comes from the store, as in a loop."""
    with closing(Store(settings.state / FILE_NAME, lambda _: None)) as store:
        files = store.last_good_files()
        last_good = {name: (files.get(name, ""), text) for name, text in store.last_good().items()}
        watched = store.specs_directory()
    identity = (watched.dev, watched.inode) if watched else None
    scanner = Scanner(settings.specs, settings.policy, settings.secrets_dir, last_good, identity)
    return scanner.scan(frozenset(), 0.0).world


def look(settings: Settings, world: WantedWorld) -> tuple[Observed, float, Decision, tuple[FaultPart, ...]]:
    now = 0.0
    with closing(Store(settings.state / FILE_NAME, lambda _: None)) as store:
        history = History(store, settings.policy, time.time, _no_text)
        memory = LoopMemory(now, history.rollouts(now), ())
        kept = read_closed(store.notes())
    world = history.dress(world)
    with closing(connect(settings.engine_url)) as engine:
        listing = engine.listing(settings.env)
        everyone = [instance for instances in listing.instances.values() for instance in instances]
        memory.sight(everyone, now, engine.up_seconds)
        faults = engine.faults(settings.env)
        images = engine.images(sorted(images_of(world, memory.rollouts)))
    observed = Observed(
        channel=memory.channel, instances=listing.instances, foreign=listing.foreign,
        sightings=memory.sightings, images=images, history=history.versions, rollouts=memory.rollouts,
        closed_zones={zone: closed for zone, closed in kept.items() if not closed.over(time.time())},
    )  # fmt: skip
    decision = decide(world, observed, now=now, limits=Limits(), memory=memory.guard(now))
    scales = {name: _unmeasured(scale) for name, scale in decision.scales.items()}
    seen = replace(observed, rollouts=decision.rollouts, scales=scales)
    return seen, now, _without_names(_as_unknown(decision)), faults


def _no_text(cluster: str) -> tuple[str, bytes]:  # noqa: ARG001
    """Who only looks remembers no text."""
    return "", b""


def engine_id(settings: Settings) -> str:
    """Which engine it is. Raises EngineError where it doesn't answer."""
    with closing(connect(settings.engine_url)) as engine:
        return engine.info().id


def _as_unknown(decision: Decision) -> Decision:
    """Whoever is judged by news can't be judged without a listener."""
    judgements = {
        id: judgement._replace(verdict=Verdict.UNKNOWN, cause="no loop is listening")
        if judgement.verdict is Verdict.READY and judgement.changes_at is not None and not judgement.heard
        else judgement
        for id, judgement in decision.judgements.items()
    }
    return replace(decision, judgements=judgements)


def _unmeasured(scale: Scale) -> Scale:
    """Beats are heard by a running loop only."""
    return replace(scale, hold="no loop is running: its metric isn't followed", hold_reason=METRIC_MISSING)


def _without_names(decision: Decision) -> Decision:
    """Names are published by a running loop only: without one there is nothing to compare them with."""
    plans = tuple(
        replace(plan, actions=tuple(a for a in plan.actions if a.kind not in ("publish", "withdraw")))
        for plan in decision.plans
    )
    return replace(decision, plans=plans)
