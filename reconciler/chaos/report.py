"""What became of a fault: times, whom it hit, who was meant to be reached and who was. Values.

Before: running. After: the command line, drills.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.chaos.matrix import Matrix


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """One that came while the fault held and was hit as well: `seconds` after its start, or after the fault began.

    Under a cut, all others have closed themselves to it before that: `shut_out_seconds`.
    """

    name: str
    seconds: float
    shut_out_seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        shut_out = _rounded(self.shut_out_seconds)
        return {"name": self.name, "seconds": _rounded(self.seconds), "shut_out_seconds": shut_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Times are seconds, None where it hasn't come to that.

    `staged_seconds`: until all helpers were ready. `in_force_seconds`: from the order to bite until it was seen to
    bite everywhere. `healed_seconds`: from the order to heal until everybody was seen to be as before.
    `checks` are sentences about what was looked at beside the matrices. `gone`: victims that ended meanwhile.
    """

    fault_id: str
    kind: str
    says: str
    victims: tuple[str, ...]
    spared: tuple[str, ...] = ()
    newcomers: tuple[Newcomer, ...] = ()
    gone: tuple[str, ...] = ()
    staged_seconds: float | None = None
    in_force_seconds: float | None = None
    healed_seconds: float | None = None
    meant: Matrix | None = None
    found: Matrix | None = None
    checks: tuple[str, ...] = ()
    unhealed: tuple[str, ...] = ()

    @property
    def pairs(self) -> tuple[int, int]:
        """How many pairs were asked about, and how many of them are as meant."""
        if self.meant is None or self.found is None:
            return 0, 0
        asked = len(self.meant.reaches)
        return asked, asked - len(self.meant.differences(self.found))

    def as_json(self) -> dict[str, Any]:
        """For scripts; documented in docs/reference/chaos.md."""
        asked, right = self.pairs
        return {
            "id": self.fault_id,
            "kind": self.kind,
            "says": self.says,
            "victims": list(self.victims),
            "spared": list(self.spared),
            "newcomers": [one.as_json() for one in self.newcomers],
            "gone": list(self.gone),
            "staged_seconds": _rounded(self.staged_seconds),
            "in_force_seconds": _rounded(self.in_force_seconds),
            "healed_seconds": _rounded(self.healed_seconds),
            "pairs": asked,
            "pairs_as_meant": right,
            "pairs_cut": self.meant.cut if self.meant else 0,
            "matrix": _matrix(self.meant, self.found),
            "checks": list(self.checks),
            "unhealed": list(self.unhealed),
        }


def _matrix(meant: Matrix | None, found: Matrix | None) -> list[Mapping[str, Any]]:
    if meant is None or found is None:
        return []
    return [
        {"from": a, "to": b, "meant": arrives, "found": found.reaches.get((a, b))}
        for (a, b), arrives in sorted(meant.reaches.items())
    ]
