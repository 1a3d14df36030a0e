"""The signs and words for what instances and clusters are in: each sign always comes with its word.

Before: the output's encoding. After: every renderer of this room. Colours only repeat what the words say.
"""

from dataclasses import dataclass
from typing import Literal

from reconciler.plan.status import ClusterStatus, Verdict

State = Literal["Ready", "Progressing", "Degraded", "Suspended", "Held", "Unknown", "NotReady", "Empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of signs; `ascii_only` sets contain nothing above U+007F."""

    ascii_only: bool
    ready: str
    starting: str
    suspect: str
    dead: str
    unknown: str
    stopping: str
    ellipsis: str
    dot: str
    arrow: str
    full: str
    half: str
    empty: str
    alarm: str

    def verdict(self, verdict: Verdict) -> str:
        """The sign of one instance's verdict."""
        sign: str = getattr(self, verdict.value)
        return sign


UNICODE = Glyphs(
    ascii_only=False,
    ready="●",
    starting="◐",
    suspect="◌",
    dead="✖",
    unknown="?",
    stopping="○",
    ellipsis="…",
    dot="·",
    arrow="→",
    full="━",
    half="╍",
    empty="─",
    alarm="▲",
)
ASCII = Glyphs(
    ascii_only=True,
    ready="*",
    starting="~",
    suspect="!",
    dead="x",
    unknown="?",
    stopping="-",
    ellipsis="...",
    dot="|",
    arrow="->",
    full="#",
    half="=",
    empty=".",
    alarm="!",
)

VERDICT_STYLES: dict[Verdict, str] = {
    Verdict.READY: "green",
    Verdict.STARTING: "cyan",
    Verdict.SUSPECT: "yellow",
    Verdict.DEAD: "bold red",
    Verdict.UNKNOWN: "magenta",
    Verdict.STOPPING: "dim",
}
STATE_STYLES: dict[State, str] = {
    "Ready": "green",
    "Progressing": "cyan",
    "Degraded": "bold red",
    "Suspended": "blue",
    "Held": "bold yellow",
    "Unknown": "magenta",
    "NotReady": "red",
    "Empty": "dim",
}
_STATE_VERDICTS: dict[State, Verdict] = {
    "Ready": Verdict.READY,
    "Progressing": Verdict.STARTING,
    "Degraded": Verdict.DEAD,
    "Suspended": Verdict.STOPPING,
    "Held": Verdict.SUSPECT,
    "Unknown": Verdict.UNKNOWN,
    "NotReady": Verdict.SUSPECT,
    "Empty": Verdict.STOPPING,
}


def glyphs_for(encoding: str | None) -> Glyphs:
    """The signs that an output of this encoding can carry; None is taken for ASCII."""
    return UNICODE if (encoding or "").lower().replace("-", "").startswith("utf") else ASCII


def state_of(cluster: ClusterStatus) -> State:
    """The one word for a cluster: what a person would want to know first wins."""
    true = {c.type for c in cluster.conditions if c.status == "True"}
    # A guard that waits for a person outranks what it guards against.
    if "Held" in true:
        return "Held"
    if "Degraded" in true or cluster.problems:
        return "Degraded"
    if "Suspended" in true:
        return "Suspended"
    if any(c.type == "Ready" and c.status == "Unknown" for c in cluster.conditions):
        return "Unknown"
    if "Progressing" in true:
        return "Progressing"
    if "Ready" in true:
        return "Ready" if cluster.desired or cluster.current else "Empty"
    return "NotReady"


def state_glyph(state: State, glyphs: Glyphs) -> str:
    """The sign that goes before a cluster's word."""
    return glyphs.verdict(_STATE_VERDICTS[state])
