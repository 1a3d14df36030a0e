"""What the check of a history found. Values only.

Before: checker, which makes them. After: a drill's expectation `nothing_lost`, its report.
"""

from dataclasses import asdict, dataclass
from typing import Any

HOLDS, BROKEN, UNKNOWN = "holds", "broken", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One element that isn't as it should be: in which set, the system's number where one is known, what is wrong."""

    key: str
    value: str
    id: str | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What the clients of one side met: additions acknowledged, refused for certain, and of unknown outcome."""

    name: str
    acknowledged: int
    refused: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much was asked, and how it ended; `found_later`: of unknown outcome, and there at the end."""

    acknowledged: int = 0
    refused: int = 0
    unknown: int = 0
    found_later: int = 0
    removed: int = 0
    reads: int = 0
    final_reads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`holds` only where everything could be judged and nothing is wrong; `broken` where anything is; else `unknown`.

    lost: acknowledged, and not in a final read. doubled: in a read more than once. phantom: read, though nobody asked
    for it, or refused for certain. resurrected: removed, and read afterwards. stale: read or acknowledged, and missing
    in a later read. foreign: in a read of another set. shared: one number acknowledged for two additions. unread: sets
    without a final read. problems: why the history itself can't be used.
    """

    word: str
    sentence: str
    lost: tuple[Finding, ...] = ()
    doubled: tuple[Finding, ...] = ()
    phantom: tuple[Finding, ...] = ()
    resurrected: tuple[Finding, ...] = ()
    stale: tuple[Finding, ...] = ()
    foreign: tuple[Finding, ...] = ()
    shared: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    torn: bool = False
    counts: Counts = Counts()
    sides: tuple[Side, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing acknowledged was lost or doubled, for certain."""
        return self.word == HOLDS

    def told(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)
