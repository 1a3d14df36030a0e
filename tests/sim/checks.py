"""What must never happen, looked for in every pass of a script before anything of it is carried out.

The checks look at the truth, not at the planner's conclusions. Where the truth can't be known to any planner, the
check says so. Each raises AssertionError with a sentence.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from reconciler.plan.actions import Action, CreateInstance, KillInstance, RemoveInstance, TerminateInstance
from reconciler.plan.channel import is_canary
from reconciler.plan.thinning import surge, unavailable
from reconciler.plan.verdicts import DEFAULT_HEARTBEAT
from tests.sim.closing import check_closed_zones
from tests.sim.model import Model, targets
from tests.sim.pushing import check_canary, check_judgment, check_pause, check_traffic
from tests.sim.registry import check_registry
from tests.sim.sizes import size_of
from tests.sim.terminating import check_terminations
from tests.sim.truth import Box

LIMIT_SECONDS = DEFAULT_HEARTBEAT.interval_seconds * DEFAULT_HEARTBEAT.misses
_SILENT_FRACTION = 0.15
_SUSPECT_FRACTION = 0.15
_FORGIVEN_SECONDS = 600.0


def check_pass(model: Model, before: Sequence[Action], actions: Sequence[Action], deletable: AbstractSet[str]) -> None:
    """Everything about what one pass wants done (`actions`) while `before` is under way."""
    _check_targets(model, before, actions)
    _check_numbers(model, before, actions)
    _check_running(model, before, actions)
    _check_availability(model, actions)
    _check_blindness(model, actions)
    _check_suspects(model, before, actions)
    _check_spacing(model, actions)
    _check_deletions(model, actions, deletable)
    check_closed_zones(model, actions)
    check_traffic(model, actions)
    check_pause(model, actions)
    check_judgment(model, actions)
    check_canary(model, before, actions)
    check_registry(model, actions)
    check_terminations(model, actions)


def silent(model: Model, box: Box) -> bool:
    """Nothing was heard of it for longer than its limit."""
    beat = model.beats.get(box.instance.id)
    return beat is None or model.now - beat.at > LIMIT_SECONDS


def _creations(actions: Iterable[Action]) -> list[CreateInstance]:
    return [action for action in actions if isinstance(action, CreateInstance)]


def _ended(actions: Iterable[Action]) -> dict[str, str]:
    """Ids of containers that these actions end or clear away, each with the cause."""
    ended = {a.id: a.cause for a in actions if isinstance(a, TerminateInstance | KillInstance | RemoveInstance)}
    return ended | {a.replaces: a.cause for a in _creations(actions) if a.replaces}


def _check_targets(model: Model, before: Sequence[Action], actions: Sequence[Action]) -> None:
    strangers = {foreign.id for foreign in model.foreign}
    busy = set(targets(before))
    touched = [i for a in actions if not isinstance(a, CreateInstance) for i in targets([a])]
    assert len(touched) == len(set(touched)), "two actions of one pass concern one container"
    for action in actions:
        for key in targets([action]):
            assert key not in strangers, "a foreign container is touched"
            assert key not in busy, f"{action.kind} on a container on which an action is under way"
            box = model.boxes.get(key)
            if box is not None:
                assert box.instance.cluster == action.cluster, "an action carries another cluster's container"


def _check_numbers(model: Model, before: Sequence[Action], actions: Sequence[Action]) -> None:
    live = {(b.instance.cluster, b.instance.number): b.instance.id for b in model.boxes.values() if b.instance.alive}
    made = [(a.cluster, a.number) for a in _creations([*before, *actions])]
    assert len(made) == len(set(made)), "one number is created twice at once"
    squatted = {foreign.container for foreign in model.foreign}
    for action in _creations(actions):
        holder = live.get((action.cluster, action.number))
        assert holder in (None, action.replaces), "a number is created that a live instance holds"
        assert f"dev-{action.cluster}-{action.number}" not in squatted, "a stranger's number is created"


def _check_running(model: Model, before: Sequence[Action], actions: Sequence[Action]) -> None:
    """A creation takes its number's place: whom it replaces is removed first, so numbers are counted, not ids.

    A canary takes the place of the surge. It alone may be one too many, where the surge is taken (or there is
    none): else a rollout that blindness has stopped could never learn whether it may go on.
    """
    for name, wanted in model.wanted.items():
        made = [a for a in _creations(actions) if a.cluster == name]
        canary = model.channel.canary
        if canary is not None and canary.cluster == name:
            made = [a for a in made if a.number != canary.number]
        if not made or wanted.spec is None:
            continue
        coming = [a for a in _creations([*before, *actions]) if a.cluster == name]
        numbers = {box.instance.number for box in model.alive(name)} | {a.number for a in coming}
        more = surge(replace(wanted.spec, size=size_of(model, name)))
        most = size_of(model, name) + more
        if canary is not None and canary.cluster == name:
            most = size_of(model, name) + max(1, more)
        assert len(numbers) <= most, f"{len(numbers)} would run, at most {most} may"


def _check_availability(model: Model, actions: Sequence[Action]) -> None:
    """Of those that serve, nobody ends whom the cluster can't do without.

    Whom a person wants ended counts for nothing. One that hung or broke within its limit still counts: nobody can know
    yet. One that is silent for longer may be ended as lost: whether it serves is what `_check_blindness` asks.
    """
    for name, wanted in model.wanted.items():
        if wanted.spec is None:
            continue
        ended = {a.id for a in actions if isinstance(a, TerminateInstance | KillInstance | RemoveInstance)}
        least = size_of(model, name) - unavailable(wanted.spec)
        serving = {
            box.instance.id
            for box in model.alive(name)
            if not box.ended and (model.works(box) or not silent(model, box))
        } - model.terminations.keys()
        ended = {key for key in ended & serving if not silent(model, model.boxes[key])}
        assert not ended or len(serving - ended) >= least, "a planned end leaves too few that truly serve"


def _check_blindness(model: Model, actions: Sequence[Action]) -> None:
    """Where too many are silent at once, or everybody, nobody who works is replaced or ended for it.

    Exempt: clusters that nobody wants any more, those above the size, those that were leaving before, and those
    that this loop has seen start and never heard: as far as anybody knows, they never worked. The canary is tried
    again as long as it isn't heard: it is one more than wanted, and may itself be what is broken.
    """
    # Of closed zones nothing is concluded, nor of those that a person wants ended: their silence is no riddle.
    counted = [b for b in model.boxes.values() if b.instance.id not in model.terminations]
    open_boxes = [b for b in counted if b.instance.zone not in model.closed]
    running = [b for b in open_boxes if b.instance.alive and not b.ended]
    canary = model.channel.canary
    listed = [b for b in running if canary is None or b.instance.number != canary.number]
    quiet = {b.instance.id for b in listed if silent(model, b) and _was_heard(model, b)}
    expected = [b for b in running if b.instance.id in model.beats or b.made_at < model.channel.since]
    deaf_altogether = len(expected) >= 2 and all(silent(model, b) for b in running)
    if len(quiet) <= max(1.0, _SILENT_FRACTION * len(listed)) and not deaf_altogether:
        return
    for key, cause in _ended(actions).items():
        box = model.boxes.get(key)
        if box is None or box.instance.zone in model.closed or not model.works(box) or not silent(model, box):
            continue
        sighting, beat = model.sightings.get(key), model.beats.get(key)
        withdrawn_at = sighting.withdrawn_at if sighting is not None else None
        heard_at = beat.at if beat is not None else model.channel.since
        leaving = withdrawn_at is not None and withdrawn_at <= heard_at + LIMIT_SECONDS
        adopted = sighting is not None and sighting.adopted and box.made_at < model.channel.since
        never = key not in model.beats and not adopted
        if canary is not None and is_canary(box.instance, canary):
            continue
        unwanted = cause.startswith("surplus") or box.instance.cluster not in model.wanted or key in model.terminations
        assert leaving or never or unwanted, f"while blind, {key} ends: {cause}"


def _was_heard(model: Model, box: Box) -> bool:
    """Since listening began: what was before says nothing of now."""
    beat = model.beats.get(box.instance.id)
    return beat is not None and beat.at >= model.channel.since


def _check_suspects(model: Model, before: Sequence[Action], actions: Sequence[Action]) -> None:
    """Live ones are replaced a few at a time: n - floor(0.85 n), one at least."""
    for name, wanted in model.wanted.items():
        if wanted.spec is None:
            continue
        size = size_of(model, name)
        most = max(1, size - int((1 - _SUSPECT_FRACTION) * size))
        old, new = ([a for a in _creations(some) if _replaces_live(model, a, name)] for some in (before, actions))
        together = len(old) + len(new)
        assert not new or together <= most, f"{together} suspects of {name} are replaced at once, at most {most} may"


def _replaces_live(model: Model, action: CreateInstance, cluster: str) -> bool:
    box = model.boxes.get(action.replaces or "")
    return action.cluster == cluster and box is not None and box.instance.alive


def _check_spacing(model: Model, actions: Sequence[Action]) -> None:
    """The successor of one that failed with this spec and image counts its starts, and waits for longer each time."""
    for action in _creations(actions):
        box = model.boxes.get(action.replaces or "")
        if box is None or (box.instance.spec_hash, box.instance.image_id) != (action.spec_hash, action.image_id):
            continue
        lived = model.now - box.made_at
        if lived >= _FORGIVEN_SECONDS:
            continue
        assert action.attempt == box.instance.attempt + 1, "a start in a row isn't counted"
        delay = min(300.0, 2.0 ** (action.attempt - 3)) if action.attempt >= 3 else 0.0
        assert lived >= delay, f"start {action.attempt} in a row after {lived:g} s"


def may_be_deleted(model: Model, begun: Mapping[str, float]) -> frozenset[str]:
    """Clusters whose instances may end for want of a file; `begun` says when each one's removal was last allowed.

    In a directory that can't be believed only those that a person confirmed; else one that nobody confirmed, too;
    several of them (the two of a script are always more than 20 %) if begun within ten seconds.
    """
    absent = frozenset(b.instance.cluster for b in model.boxes.values()) - model.wanted.keys()
    confirmed = {name for name, until in model.confirmed.items() if model.now < until}
    lately = {name for name, at in begun.items() if model.now - at < 10.0}
    if model.untrusted is not None:
        return absent & confirmed
    return absent if len((absent | lately) - confirmed) <= 1 else absent & (confirmed | lately)


def _check_deletions(model: Model, actions: Sequence[Action], deletable: AbstractSet[str]) -> None:
    for action in actions:
        if _ended([action]) and action.cluster not in model.wanted:
            assert action.cluster in deletable, "something ends for want of a file, and that can't be believed yet"
