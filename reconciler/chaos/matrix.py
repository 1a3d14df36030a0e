"""Who can send a packet to whom: what a fault means to leave, and what probes found. Pure.

Before: cut (meant), the director's probes (found). After: the report, and what a person reads. A pair (a, b) is one
direction: a sends, b hears. Names are instances' (`web-1`), or
`shapes.RECONCILER`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Pair = tuple[str, str]
Cell = Literal["yes", "no", "part", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """For each pair that was asked about, whether a packet arrives. `zones` has each name's zone."""

    zones: Mapping[str, str]
    reaches: Mapping[Pair, bool]

    def differences(self, other: "Matrix") -> tuple[Pair, ...]:
        """The pairs that both know and don't agree on, and those that only this one knows; in order."""
        return tuple(sorted(pair for pair, arrives in self.reaches.items() if other.reaches.get(pair) is not arrives))

    def only(self, names: Iterable[str]) -> "Matrix":
        """Without the pairs of others: they are gone."""
        kept = frozenset(names)
        return Matrix(
            zones={name: zone for name, zone in self.zones.items() if name in kept},
            reaches={pair: arrives for pair, arrives in self.reaches.items() if kept.issuperset(pair)},
        )

    def within(self, before: "Matrix") -> "Matrix":
        """What can be asked for where not everybody was reached even before: those pairs stay as they were."""
        lost = {pair for pair, arrives in before.reaches.items() if not arrives}
        return Matrix(
            zones=self.zones, reaches={pair: arrives and pair not in lost for pair, arrives in self.reaches.items()}
        )

    def by_zone(self) -> Mapping[Pair, Cell]:
        """The same by zones: `part` where the instances of one pair of zones differ, `none` where nobody was asked."""
        names = dict.fromkeys(self.zones.values())
        seen: dict[Pair, set[bool]] = {(a, b): set() for a in names for b in names}
        for (a, b), arrives in self.reaches.items():
            seen[self.zones[a], self.zones[b]].add(arrives)
        return {pair: _cell(answers) for pair, answers in seen.items()}

    @property
    def cut(self) -> int:
        """How many pairs are cut."""
        return sum(1 for arrives in self.reaches.values() if not arrives)


def _cell(answers: set[bool]) -> Cell:
    if not answers:
        return "none"
    if len(answers) == 2:
        return "part"
    return "yes" if answers.pop() else "no"
