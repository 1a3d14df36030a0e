"""Whom a target means, and the one that chance picks. Pure.

Before: prepare. After: attack. The same seed and the same instances give the same one, whatever their containers are.
"""

from dataclasses import dataclass
from random import Random

from reconciler.chaos.attack import Scope
from reconciler.chaos.eligible import opted_in
from reconciler.chaos.faults import Target
from reconciler.chaos.situation import Situation, name_of
from reconciler.errors import ChaosRefused, UsageError
from reconciler.state.instance import Instance

_SEEDS = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """`short` says who is meant (`web in az1`), `chosen` how chance came to it, `scope` who else would be."""

    victims: tuple[Instance, ...]
    spared: tuple[Instance, ...]
    scope: Scope
    short: str
    chosen: str = ""


def aim(kind: str, target: Target, situation: Situation, rng: Random, *, spare: bool) -> Aim:
    """Raises UsageError for a target that can't be, ChaosRefused where it isn't allowed or nobody is there."""
    if target.name is None and target.zone is None:
        raise UsageError(f"{kind}: name a cluster or an instance, or give --zone")
    if target.zone is not None:
        situation.insist_on_zones([target.zone])
    meant = situation.running if target.name is None else situation.named(target.name)
    meant = tuple(one for one in meant if target.zone in (None, one.zone))
    short = _words(target)
    if not meant:
        raise ChaosRefused(f"{kind} is refused: nothing runs of {short}")
    victims = opted_in(kind, meant, situation, spare=spare)
    spared = tuple(one for one in meant if one not in victims)
    if not target.one:
        return Aim(victims=victims, spared=spared, scope=_scope(target, victims, situation), short=short)
    victim, seed = choose(victims, target.seed, rng)
    return Aim(
        victims=(victim,),
        spared=spared,
        scope=Scope(clusters=frozenset({victim.cluster}), numbers=frozenset({victim.number})),
        short=f"{name_of(victim)} (seed {seed})",
        chosen=f", chosen from {len(victims)} with seed {seed}",
    )


def choose(eligible: tuple[Instance, ...], seed: int | None, rng: Random) -> tuple[Instance, int]:
    """One of them, and the seed that it was chosen with: the given one, or one that `rng` draws."""
    drawn = rng.randrange(_SEEDS) if seed is None else seed
    order = sorted(eligible, key=lambda one: (one.cluster, one.number))
    return Random(drawn).choice(order), drawn  # noqa: S311  # repeatable is what it has to be


def _scope(target: Target, victims: tuple[Instance, ...], situation: Situation) -> Scope:
    """A replacement of a victim is within it, and so is whoever comes to the cluster or zone that was named."""
    zones = None if target.zone is None else frozenset({target.zone})
    if target.name is None:
        return Scope(clusters=situation.opted_in, zones=zones)
    clusters = frozenset(one.cluster for one in victims)
    if situation.cluster(target.name) is not None:
        return Scope(clusters=clusters, zones=zones)
    return Scope(clusters=clusters, numbers=frozenset(one.number for one in victims))


def _words(target: Target) -> str:
    if target.name is None:
        return f"all in {target.zone}"
    return target.name if target.zone is None else f"{target.name} in {target.zone}"
