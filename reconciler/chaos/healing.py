"""Ending faults from outside, whoever made them: those that hold, and what dead helpers left behind.

Before: `chaos heal`, running (its own, at the end), the keeper. After: the engine. A helper that lives is asked
(SIGTERM: it undoes what it did, and exits 0); in the place of one that ended badly a cleaner is put for a moment.
"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from reconciler.chaos.attack import HELPERS
from reconciler.chaos.helper import FAILS, read_message
from reconciler.chaos.killing import running
from reconciler.engine.fault_ports import Conversation, FaultEngine
from reconciler.engine.helpers import Kind, helper
from reconciler.engine.ports import Blueprint
from reconciler.errors import EngineError, PermanentError, ReconcilerError, TransientError, UsageError
from reconciler.state.faults import FaultLabels, FaultPart, FaultSeen, group
from reconciler.state.instance import EngineState

_AT_ONCE = 8
_UNDO_SECONDS = 5.0
_CLEAN_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.05
_TRIES = 3
_TRY_AGAIN_SECONDS = 0.3
_FREED_SECONDS = 3.0

_CLEANERS: dict[str, Kind] = {"net": "flush", "freeze": "thaw"}
"""What else a dead helper did ends with it."""


def heal(engine: FaultEngine, env: str, fault_id: str | None, now: float) -> tuple[FaultSeen, ...]:
    """End one fault, or all of them; those that were ended.

    Raises UsageError for an id that there isn't, ReconcilerError where something is left.
    """
    parts = engine.faults(env)
    seen = group(parts, now)
    if fault_id is not None and all(fault.id != fault_id for fault in seen):
        known = f"there are {', '.join(fault.id for fault in seen)}" if seen else "there is none"
        raise UsageError(f"there is no fault {fault_id!r} in environment {env}; {known}")
    ended = tuple(fault for fault in seen if fault_id in (None, fault.id))
    put_away(engine, env, [fault.id for fault in ended])
    return ended


def put_away(engine: FaultEngine, env: str, fault_ids: Iterable[str]) -> None:
    """No helper of these faults is left, nor what it did. Raises ReconcilerError where that failed for some.

    Tried a few times: a running loop puts leftovers away as well, and each may come into the other's way.
    """
    wanted = frozenset(fault_ids)
    problems: list[str] = []
    for _ in range(_TRIES):
        parts = [part for part in engine.faults(env) if part.fault_id in wanted]
        if not parts:
            return
        alive = frozenset(one.id for one in running(engine, env))
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="healing") as pool:
            results = pool.map(partial(put_away_part, engine, env, running=alive), parts)
            problems = [why for why in results if why]
        if not problems:
            return
        time.sleep(_TRY_AGAIN_SECONDS)
    raise ReconcilerError(f"not everything is undone: {'; '.join(problems)}; try `reconciler chaos heal` again")


def put_away_part(engine: FaultEngine, env: str, part: FaultPart, running: frozenset[str]) -> str:
    """No such helper is left, nor what it did where its victim is among those that run; what is wrong, empty: nothing.

    Where its container is gone already, only what it did is undone.
    """
    try:
        undone = _ended_well(engine, env, part)
        engine.remove(part.id)
        if not undone and part.victim_id in running:
            clean(engine, env, part)
    except EngineError as error:
        return f"{part.instance}: {error}" if _runs(engine, env, part.victim_id) else ""
    return ""


def _runs(engine: FaultEngine, env: str, victim_id: str) -> bool:
    """Whether there is still somebody to be freed; also where nobody knows."""
    try:
        return any(one.id == victim_id for one in running(engine, env))
    except EngineError:
        return True


def _ended_well(engine: FaultEngine, env: str, part: FaultPart) -> bool:
    """Ask it to end where it lives; whether it said that all is undone."""
    if part.alive:
        engine.signal(part.id, "SIGTERM")
    give_up_at = time.monotonic() + _UNDO_SECONDS
    while True:
        now = next((one for one in engine.faults(env) if one.id == part.id), None)
        if now is None or now.state is EngineState.EXITED or now.state is EngineState.DEAD:
            return now is not None and now.exit_code == 0
        if now.state is EngineState.CREATED:
            return True  # never started: it did nothing
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(_LOOK_AGAIN_SECONDS)


def clean(engine: FaultEngine, env: str, part: FaultPart) -> None:
    """Undo what a helper left that is gone (its container removed). A victim that ends meanwhile took it along.

    Raises EngineError where it can't be done.
    """
    kind = _CLEANERS.get(HELPERS.get(part.kind, ""))
    if kind is None:
        return
    labels = FaultLabels(
        env=env,
        fault_id=part.fault_id,
        kind=part.kind,
        says=f"undoing {part.says}",
        until=part.until,
        victim_id=part.victim_id,
        instance=part.instance,
        cluster=part.cluster,
        zone=part.zone,
    )
    made = _made(engine, helper(labels, kind, seconds=_CLEAN_SECONDS, settings={"of": part.fault_id}))
    try:
        with closing(engine.converse(made)) as conversation:
            try:
                engine.start(made)
            except TransientError:
                return  # what it joins has ended
            _hear(conversation, part)
    finally:
        engine.remove(made)


def _hear(conversation: Conversation, part: FaultPart) -> None:
    """Until the cleaner has ended. Raises PermanentError where it failed."""
    give_up_at = time.monotonic() + _CLEAN_SECONDS
    while (line := conversation.receive(max(0.0, give_up_at - time.monotonic()))) is not None:
        message = read_message(line)
        if message.get("type") == FAILS:
            raise PermanentError(f"undoing {part.says}: {message.get('problem', 'the cleaner failed')}")


def _made(engine: FaultEngine, cleaner: Blueprint) -> str:
    """The cleaner's id. It has the dead helper's name, which is free only once the engine has put that one away."""
    give_up_at = time.monotonic() + _FREED_SECONDS
    while True:
        try:
            return engine.create(cleaner)
        except TransientError as error:
            if time.monotonic() >= give_up_at:
                raise
            time.sleep(max(error.retry_after_seconds, _LOOK_AGAIN_SECONDS))
