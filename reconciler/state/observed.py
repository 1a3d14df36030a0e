"""Everything that was seen in one pass, and what the loop remembers from earlier ones, as one value.

Before: the engine's listing, the heartbeat listener, the probes, the loop's memory. After: plan.reconcile.
Instants are seconds of attended time: a clock that stands still while this process does (`loop.clock`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.state.beats import Beat, Gauge, Sounding
from reconciler.state.image import Image
from reconciler.state.instance import Foreign, Instance
from reconciler.state.records import Record
from reconciler.state.registered import Registered
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from reconciler.state.scales import Scale
from reconciler.state.terminations import Termination
from reconciler.state.zones import ClosedZone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What is remembered of one container, by id: nothing that its labels or the engine could say.

    `up_since` is when it started, as near as we know. `adopted` means it ran before this loop did.
    `withdrawn_at`, `held_out_at`, `terminated_at`, `killed_at` are the steps of its end that were taken: since when
    its names, then the registry lead to it no more (both are taken back where it stays after all).
    """

    up_since: float
    adopted: bool = False
    ready_since: float | None = None
    paused_since: float | None = None
    removing_since: float | None = None
    dead_since: float | None = None
    withdrawn_at: float | None = None
    held_out_at: float | None = None
    terminated_at: float | None = None
    killed_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """Failures in a row of one kind of action for one cluster or number: back-off's memory."""

    count: int
    at: float
    message: str
    permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """One action that was handed out and has not come back: its target counts as taken."""

    kind: str
    cluster: str
    number: int | None = None
    id: str | None = None
    zone: str | None = None
    revision: str | None = None
    spec_hash: str | None = None
    image_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The instance started beside the silent ones to find out whether a beat can reach us from there."""

    cluster: str
    number: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Whether silence can be trusted.

    `since` is when listening began or resumed: nobody's silence is counted from before it.
    `blind_since` is when too many fell silent together, None while all is well; `silent` are their ids.
    `canary_heard_at` is its last word that a pass saw, None before the first; `canary_speaks_since` is when it began to
    be heard without a break, None while it isn't. `turn` is the one id that may be replaced although blind, after the
    canary was heard long enough.
    """

    since: float
    blind_since: float | None = None
    reason: str = ""
    silent: frozenset[str] = frozenset()
    canary: Canary | None = None
    canary_heard_at: float | None = None
    canary_speaks_since: float | None = None
    turn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The world as seen: `instances` by cluster, everything else by container id unless said otherwise.

    `images` maps an image reference to what the engine has under it; a reference that it doesn't have is missing.
    `names` holds what is published, by container id. `setbacks` is by cluster, then by what failed (`pull`,
    `create-3`). `pulled` is the generation of each cluster's spec for which its image was last fetched. `ended` holds
    the ids of containers that the engine told the end of and lists as running still, while it puts them away.
    `closed_zones` are by name. `history` holds each cluster's versions, oldest first; `rollouts` and `scales` are what
    the pass before concluded of it. `gauges` are the engine's own figures, `registered` is what Eureka says, as far as
    it can be asked; `deaf` maps a cluster to why it can't. `unlisted` are the ids of those that aren't UP there, nor
    held out, though others of their cluster are. `terminations` are by id what a person wants ended.
    """

    channel: Channel
    instances: Mapping[str, tuple[Instance, ...]] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    beats: Mapping[str, Beat] = field(default_factory=dict)
    soundings: Mapping[str, Sounding] = field(default_factory=dict)
    sightings: Mapping[str, Sighting] = field(default_factory=dict)
    in_flight: Mapping[str, tuple[InFlight, ...]] = field(default_factory=dict)
    setbacks: Mapping[str, Mapping[str, Setback]] = field(default_factory=dict)
    images: Mapping[str, Image] = field(default_factory=dict)
    history: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    names: Mapping[str, Record] = field(default_factory=dict)
    pulled: Mapping[str, int] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    closed_zones: Mapping[str, ClosedZone] = field(default_factory=dict)
    rollouts: Mapping[str, RolloutState] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    registered: Mapping[str, Registered] = field(default_factory=dict)
    deaf: Mapping[str, str] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    terminations: Mapping[str, Termination] = field(default_factory=dict)
