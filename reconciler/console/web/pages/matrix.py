"""Zones by instances at a glance: a row for each cluster, a column for each zone, a dot for each instance.

Before: WorldStatus. After: the environment's page. Pure. Made for a thousand dots: nothing is searched twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.console.glyphs import UNICODE, state_glyph, state_of
from reconciler.console.notes import state_word
from reconciler.console.web.pages.dots import Dot, dot
from reconciler.console.web.pages.health import Tone, tone_of
from reconciler.console.web.pages.paths import cluster_path, zone_path
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict, WorldStatus
from reconciler.plan.zone_rows import ZoneRow, zone_rows

DENSE = 12
"""From so many in a cell on, dots are drawn small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One zone, and where its page is."""

    row: ZoneRow
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The instances of one cluster in one zone. `wanted`: its file names the zone. `oldest` is the age of the oldest
    last heartbeat of those who should have one, None where nobody has.
    """

    zone: str
    dots: tuple[Dot, ...]
    wanted: bool
    closed: bool
    ready: int
    oldest: float | None

    @property
    def dense(self) -> bool:
        """So many that they are drawn small."""
        return len(self.dots) >= DENSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One cluster: its state as a word, a sign and a tone."""

    name: str
    href: str
    word: str
    sign: str
    tone: Tone
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All of it; `nowhere`: some instances have no zone yet, and the last column is theirs."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    nowhere: bool


def matrix(world: WorldStatus) -> Matrix:
    """The environment's."""
    known = {row.zone: row for row in zone_rows(world) if row.zone}
    everywhere = {one.zone for cluster in world.clusters for one in cluster.instances}
    for zone in everywhere - known.keys() - {""}:  # somebody who has ended still stands there
        known[zone] = ZoneRow(zone=zone, closed=None, instances=0, ready=0, clusters=())
    columns = tuple(Column(row=known[zone], href=zone_path(zone)) for zone in sorted(known))
    zones = [column.row.zone for column in columns] + ([""] if "" in everywhere else [])
    closed = frozenset(zone.zone for zone in world.closed_zones)
    lines = tuple(_line(cluster, zones, closed) for cluster in world.clusters)
    return Matrix(columns=columns, lines=lines, nowhere="" in everywhere)


def _line(cluster: ClusterStatus, zones: list[str], closed: frozenset[str]) -> Line:
    state = state_of(cluster)
    by_zone: dict[str, list[InstanceStatus]] = {zone: [] for zone in zones}
    for instance in cluster.instances:
        by_zone[instance.zone].append(instance)
    return Line(
        name=cluster.name,
        href=cluster_path(cluster.name),
        word=state_word(state),
        sign=state_glyph(state, UNICODE),
        tone=tone_of(cluster),
        cells=tuple(_cell(cluster, zone, by_zone[zone], closed) for zone in zones),
    )


def _cell(cluster: ClusterStatus, zone: str, here: Iterable[InstanceStatus], closed: frozenset[str]) -> Cell:
    ordered = sorted(here, key=lambda one: one.number)
    ages = [one.heartbeat_age for one in ordered if _beats(one) and one.heartbeat_age is not None]
    return Cell(
        zone=zone,
        dots=tuple(dot(cluster, one) for one in ordered),
        wanted=zone in cluster.zones,
        closed=zone in closed,
        ready=sum(one.verdict is Verdict.READY for one in ordered),
        oldest=max(ages, default=None),
    )


def _beats(instance: InstanceStatus) -> bool:
    """Its silence would be news."""
    return instance.verdict not in (Verdict.DEAD, Verdict.STOPPING)
