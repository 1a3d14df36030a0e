"""A registry in the small world: the instances of `web` register themselves as soon as they run, and are held out.

Before: truth, which has it; script, whose happenings these are. After: model (what a pass sees of it), checks. What is
put on a number stays when its container goes, for the next one of that number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.plan.actions import Action, PutInService, PutOutOfService, TerminateInstance
from reconciler.state.registered import OUT_OF_SERVICE, UP, Registered

if TYPE_CHECKING:
    from tests.sim.model import Model
    from tests.sim.truth import Box

CLUSTER = "web"
SAYS_UP_SECONDS = 0.3  # before it is ready, as careless applications do


@dataclass(slots=True)
class Registry:
    """`held` are the entries that we hold out. While it is `away` it can be neither asked nor told."""

    held: set[str] = field(default_factory=set)
    away: bool = False

    def registered(self, boxes: Iterable["Box"], now: float) -> dict[str, Registered]:
        """What it says of each, by id."""
        if self.away:
            return {}
        found: dict[str, Registered] = {}
        for box in boxes:
            instance = box.instance
            if instance.cluster != CLUSTER or not instance.alive or box.ended:
                continue
            entry = f"{CLUSTER}{instance.number}"
            held = entry in self.held
            own = UP if now - box.made_at >= SAYS_UP_SECONDS else "STARTING"
            found[instance.id] = Registered(
                status=OUT_OF_SERVICE if held else own, held_out=held, place="WEB", entry=entry, since=box.made_at
            )
        return found

    def take(self, action: PutInService | PutOutOfService) -> None:
        """It is told."""
        if isinstance(action, PutInService):
            self.held.discard(action.entry)
        else:
            self.held.add(action.entry)


class _Playing(Protocol):
    model: "Model"


class Registering:
    """Happenings that befall the registry."""

    __slots__ = ()

    def _forget(self: _Playing, a: int, b: int) -> None:
        """It is restarted: whom we hold out it doesn't know any more."""
        self.model.registry.held.clear()

    def _away(self: _Playing, a: int, b: int) -> None:
        self.model.registry.away = not self.model.registry.away


def check_registry(model: "Model", actions: Sequence[Action]) -> None:
    """Nobody is told to end while the registry leads traffic to it, but where it was told, or couldn't be; and it never
    leads to nobody for the sake of a group.
    """
    seen = model.registry.registered(model.boxes.values(), model.now)
    drawing = {key for key, one in seen.items() if one.draws}
    for action in actions:
        if isinstance(action, TerminateInstance) and action.id in drawing:
            sighting = model.sightings[action.id]
            failed = f"deactivate-{action.number}" in model.setbacks.get(CLUSTER, {})
            told = sighting.held_out_at is not None and sighting.held_out_at >= (sighting.withdrawn_at or 0.0)
            assert failed or told, f"{action.subject} is told to end with its traffic"
    held = {a.id for a in actions if isinstance(a, PutOutOfService) and a.cause == "its group has no traffic"}
    ups = {key for key, one in seen.items() if one.status == UP}
    assert not held or ups - held, "traffic leads to nobody for the sake of a group"


def check_given(model: "Model") -> None:
    """In the end everybody has the traffic."""
    seen = model.registry.registered(model.boxes.values(), model.now)
    assert {one.status for one in seen.values()} <= {UP}, f"somebody is held out: {seen}"
