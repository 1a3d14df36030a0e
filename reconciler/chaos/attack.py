"""A fault made definite: who is hit and how, in words and as what the helpers are told. Values, and pure sums of them.

Before: prepare. After: director (does it), the command line and drills (say it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reconciler.chaos import cut as cutting
from reconciler.chaos.cut import Drop
from reconciler.chaos.faults import Fault
from reconciler.chaos.matrix import Matrix
from reconciler.chaos.shapes import Cut
from reconciler.chaos.situation import name_of
from reconciler.state.instance import Instance

HelperKind = Literal["net", "freeze", "burn", "fill"]

HELPERS: Mapping[str, HelperKind] = {
    "split-brain": "net",
    "loss": "net",
    "dns": "net",
    "agent": "net",
    "freeze": "freeze",
    "burn": "burn",
    "fill": "fill",
}
"""What does each kind of fault, as it stands in the labels; kills need nobody to hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who is meant while the fault holds: newcomers within it are hit as well. None: any."""

    clusters: frozenset[str]
    zones: frozenset[str] | None = None
    numbers: frozenset[int] | None = None

    def includes(self, instance: Instance) -> bool:
        """Whether it belongs to those who are hit."""
        return (
            instance.cluster in self.clusters
            and (self.zones is None or instance.zone in self.zones)
            and (self.numbers is None or instance.number in self.numbers)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What will be done to whom. `says` is one line for labels and events, `sentences` all of it for people.

    `helper` is None where there is nothing to hold: the kills. `settings` are the helper's own (see images/chaos).
    `follows` is None where only those who are there now are hit. `closes` is the zone to close while it lasts.
    `probability` is the share of packets that a loss takes.
    """

    fault: Fault
    says: str
    sentences: tuple[str, ...]
    victims: tuple[Instance, ...]
    spared: tuple[Instance, ...] = ()
    seconds: float = 0.0
    helper: HelperKind | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
    cut: Cut | None = None
    gateway: str = ""
    listener_port: int = 0
    follows: Scope | None = None
    closes: str | None = None
    probability: float | None = None

    @property
    def kind(self) -> str:
        """The fault's kind, as labels have it."""
        return self.fault.kind

    @property
    def names(self) -> tuple[str, ...]:
        """The victims' names."""
        return tuple(name_of(one) for one in self.victims)

    def rules(
        self, victim: Instance, everyone: Sequence[Instance], helpless: Sequence[Instance] = ()
    ) -> tuple[Drop, ...]:
        """What one victim drops, with `everyone` being the victims of now; see `cut.drops`."""
        if self.cut is None:
            return self.drops
        return (
            *cutting.drops(self.cut, victim, everyone, self.gateway),
            *cutting.drops_for(self.cut, victim, helpless),
        )

    def meant(self, victims: Sequence[Instance]) -> Matrix:
        """Whom these victims reach while it holds."""
        return cutting.meant(self.cut, victims)
