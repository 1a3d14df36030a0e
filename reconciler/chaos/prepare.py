"""From a fault that is asked for to an attack that can be made, or to the reason why not. Pure.

Before: faults, situation. After: attack. Chance comes as an argument; the engine is not asked, nothing is touched.
The order of refusals: what can't be (UsageError), what isn't allowed, what is wrong just now (ChaosRefused).
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from reconciler.chaos.aiming import aim, choose
from reconciler.chaos.attack import Attack, Scope
from reconciler.chaos.effects import effect
from reconciler.chaos.eligible import (
    insist_on_agreement,
    insist_on_moving,
    insist_on_quiet,
    insist_on_range,
    listed,
    opted_in,
)
from reconciler.chaos.faults import Aimed, Fault, Gorilla, Monkey, SplitBrain
from reconciler.chaos.shapes import RECONCILER, shape_of
from reconciler.chaos.situation import Situation, in_order, name_of
from reconciler.errors import ChaosRefused
from reconciler.state.instance import Instance


def prepare(fault: Fault, situation: Situation, rng: Random) -> Attack:
    """What the fault would do now. `rng` draws the seed where the fault gives none.

    Raises UsageError for names and numbers that can't be, ChaosRefused where it isn't allowed.
    """
    insist_on_range(fault)
    attack = _WAYS.get(type(fault), _aimed)(fault, situation, rng)
    insist_on_quiet(fault, situation)
    insist_on_agreement(fault.kind, attack.victims, situation.active)
    return attack


def _monkey(fault: Monkey, situation: Situation, rng: Random) -> Attack:
    if fault.zone is not None:
        situation.insist_on_zones([fault.zone])
    meant = situation.running if fault.cluster is None else situation.named(fault.cluster)
    meant = tuple(one for one in meant if fault.zone in (None, one.zone) and not one.task)
    eligible = opted_in("monkey", meant, situation, spare=fault.cluster is None)
    if not eligible:
        where = f" in {fault.zone}" if fault.zone else ""
        whom = f"{fault.cluster} has no" if fault.cluster else "no cluster has a"
        raise ChaosRefused(f"monkey is refused: {whom} running instance{where} to kill")
    victim, seed = choose(eligible, fault.seed, rng)
    chosen = f"chosen from {len(eligible)} with seed {seed}"
    return Attack(
        fault=fault,
        says=f"monkey kills {name_of(victim)} (seed {seed})",
        sentences=(f"kill {name_of(victim)} in {victim.zone} with SIGKILL, {chosen}",),
        victims=(victim,),
    )


def _gorilla(fault: Gorilla, situation: Situation, rng: Random) -> Attack:  # noqa: ARG001  # one signature for all
    situation.insist_on_zones([fault.zone])
    meant = tuple(one for one in situation.running if one.zone == fault.zone)
    if not meant:
        raise ChaosRefused(f"gorilla is refused: nothing runs in {fault.zone}")
    if fault.keep_down and fault.zone in situation.closed_zones:
        raise ChaosRefused(f"gorilla --keep-down is refused: {fault.zone} is closed already; open it first")
    victims = opted_in("gorilla", meant, situation, spare=fault.spare)
    spared = _without(meant, victims)
    down = f", closed for {fault.seconds:g} s" if fault.keep_down else ""
    first = (f"close {fault.zone} for {fault.seconds:g} s: nothing new starts there",) if fault.keep_down else ()
    return Attack(
        fault=fault,
        says=f"gorilla kills {len(victims)} in {fault.zone}{down}",
        sentences=(*first, f"kill {_counted(victims)} with SIGKILL at once", *_spares(spared)),
        victims=victims,
        spared=spared,
        seconds=fault.seconds if fault.keep_down else 0.0,
        closes=fault.zone if fault.keep_down else None,
    )


def _split_brain(fault: SplitBrain, situation: Situation, rng: Random) -> Attack:  # noqa: ARG001
    situation.insist_on_zones(zone for side in fault.sides for zone in side)
    cut = shape_of(fault, situation.zones)
    meant = tuple(one for one in situation.running if one.zone in cut.zones)
    victims = opted_in("split-brain", meant, situation, spare=fault.spare)
    spared = _without(meant, victims)
    attack = Attack(
        fault=fault,
        says=f"split-brain {cut.says}",
        sentences=(*_cut_sentences(cut.blocked, victims), *_spares(spared)),
        victims=victims,
        spared=spared,
        seconds=fault.seconds,
        helper="net",
        cut=cut,
        gateway=situation.gateway,
        listener_port=situation.listener_port,
        follows=Scope(clusters=situation.opted_in, zones=frozenset(cut.zones)),
    )
    if not attack.meant(victims).cut:
        raise ChaosRefused(f"split-brain is refused: {cut.says} cuts nobody off: one of its sides runs nothing")
    return attack


def _cut_sentences(blocked: frozenset[tuple[str, str]], victims: tuple[Instance, ...]) -> tuple[str, ...]:
    ways = []
    for a, b in sorted(blocked):
        mutual = (b, a) in blocked
        if not mutual or a < b:
            ways.append(f"{_plain(a)} {'<-/->' if mutual else '-/->'} {_plain(b)}")
    return (f"cut {', '.join(ways)}", f"cut {_counted(victims)}")


def _plain(zone: str) -> str:
    return "the reconciler" if zone == RECONCILER else zone


def _aimed(fault: Aimed, situation: Situation, rng: Random) -> Attack:
    told = effect(fault, situation)
    aimed = aim(fault.kind, fault.target, situation, rng, spare=fault.spare)
    if fault.kind == "freeze":
        insist_on_moving(aimed.victims)
    return Attack(
        fault=fault,
        says=f"{fault.kind} {told.short}{aimed.short}",
        sentences=(f"{told.long} of {_counted(aimed.victims)}{aimed.chosen}", *_spares(aimed.spared)),
        victims=aimed.victims,
        spared=aimed.spared,
        seconds=fault.seconds,
        helper=told.helper,
        settings=told.settings,
        drops=told.drops,
        gateway=situation.gateway,
        listener_port=situation.listener_port,
        follows=aimed.scope if told.follows else None,
        probability=told.probability,
    )


_WAYS: Mapping[type, Callable[[Any, Situation, Random], Attack]] = {
    Monkey: _monkey,
    Gorilla: _gorilla,
    SplitBrain: _split_brain,
}


def _without(meant: tuple[Instance, ...], victims: tuple[Instance, ...]) -> tuple[Instance, ...]:
    return tuple(one for one in meant if one not in victims)


def _counted(victims: tuple[Instance, ...]) -> str:
    """`web-1` or `6 instances: az1 web-1, web-4; az2 …`, by zones."""
    if len(victims) == 1:
        return f"{name_of(victims[0])} in {victims[0].zone}"
    zones = in_order(one.zone for one in victims)
    parts = [f"{zone} {listed([name_of(one) for one in victims if one.zone == zone])}" for zone in zones]
    return f"{len(victims)} instances: {'; '.join(parts)}"


def _spares(spared: tuple[Instance, ...]) -> tuple[str, ...]:
    if not spared:
        return ()
    return (f"spare {listed([name_of(one) for one in spared])}: not opted in",)
