"""The instances of one cluster, zone beside zone: one sign and one word each.

Before: ClusterStatus. After: table and dashboard. Where there are too many to list, the healthy are counted
and the others still listed one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from reconciler.console.glyphs import VERDICT_STYLES, Glyphs
from reconciler.console.layout import GAP, age, fit
from reconciler.plan.status import ClusterStatus, InstanceStatus, Phase, Verdict

IDLE = "idle"
_ORDER = tuple(Verdict)
_RUN_WORDS = frozenset({"running", "completed", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is shown: `per_zone` instances are listed in each zone, the rest counted (None: all). The names of
    `closed` zones say that they are.
    """

    per_zone: int | None = 8
    closed: frozenset[str] = frozenset()


def zone_names(cluster: ClusterStatus) -> tuple[str, ...]:
    """The zones wanted, in their order, then those where instances still are."""
    extra = sorted({i.zone for i in cluster.instances} - set(cluster.zones))
    return (*cluster.zones, *extra)


def zone_cells(cluster: ClusterStatus, *, width: int | None, glyphs: Glyphs, detail: Detail) -> list[list[Text]]:
    """Each zone's column as cells of at most `width` (None: as long as they are), its name first."""
    return [_column(cluster, zone, width, glyphs, detail) for zone in zone_names(cluster)]


def _column(cluster: ClusterStatus, zone: str, width: int | None, glyphs: Glyphs, detail: Detail) -> list[Text]:
    instances = [i for i in cluster.instances if i.zone == zone]
    cells = [_head(zone, width, glyphs, closed=zone in detail.closed)]
    if detail.per_zone is None or len(instances) <= detail.per_zone:
        return cells + [instance_cell(i, cluster, width=width, glyphs=glyphs) for i in instances]
    odd = [i for i in instances if i.verdict is not Verdict.READY or i.revision != cluster.revision]
    shown = odd[: max(detail.per_zone - 1, 1)]
    cells += _counts([i for i in instances if i not in shown], width, glyphs)
    return cells + [instance_cell(i, cluster, width=width, glyphs=glyphs) for i in shown]


def _head(zone: str, width: int | None, glyphs: Glyphs, *, closed: bool) -> Text:
    tail = " closed" if closed else ""
    name = zone if width is None else fit(zone, max(width - len(tail), 1), glyphs)
    return Text.assemble((name, "bold"), (tail, "yellow"))


def _counts(instances: Sequence[InstanceStatus], width: int | None, glyphs: Glyphs) -> list[Text]:
    cells = []
    for verdict in _ORDER:
        count = sum(1 for i in instances if i.verdict is verdict)
        if count:
            words = f"{glyphs.verdict(verdict)} {count} {verdict.value}"
            cells.append(Text(words if width is None else fit(words, width, glyphs), VERDICT_STYLES[verdict]))
    return cells


def instance_cell(instance: InstanceStatus, cluster: ClusterStatus, *, width: int | None, glyphs: Glyphs) -> Text:
    """One instance: `● webapp1 ready 0.4s`; with less room the age goes, then the name but its number."""
    sign, word = glyphs.verdict(instance.verdict), verdict_word(instance, cluster)
    beat = "" if instance.heartbeat_age is None else f" {age(instance.heartbeat_age)}"
    old = f" {instance.revision}" if _outdated(instance, cluster) else ""
    style = VERDICT_STYLES[instance.verdict]
    for name, tail in _ways(instance, old, beat):
        if width is None or len(f"{sign} {name} {word}{tail}") <= width:
            return Text.assemble((f"{sign} ", style), name, (f" {word}", style), (tail, "dim"))
    return Text(fit(f"{sign} {instance.number} {word}", width or 0, glyphs), style)


def _ways(instance: InstanceStatus, old: str, beat: str) -> list[tuple[str, str]]:
    number = f"#{instance.number}"
    return [(instance.name, old + beat), (instance.name, old or beat), (number, old + beat), (number, "")]


def _outdated(instance: InstanceStatus, cluster: ClusterStatus) -> bool:
    return bool(cluster.revision) and instance.revision != cluster.revision


def verdict_word(instance: InstanceStatus, cluster: ClusterStatus) -> str:
    """The verdict, with what the engine says where that explains it; of a task's run, how it goes or went; of the group
    that has no traffic while two stand side by side, or of a cluster whose file says so, that it is idle.
    """
    rollout = cluster.rollout
    two_groups = rollout is not None and rollout.strategy == "red-black" and rollout.phase is not Phase.COMPLETE
    others_serve = two_groups and any(other.serving for other in cluster.instances)
    if (others_serve or not cluster.traffic) and instance.verdict is Verdict.READY and not instance.serving:
        return IDLE
    if instance.task and instance.phase in _RUN_WORDS and instance.verdict is not Verdict.STOPPING:
        failed = instance.phase == "failed" and instance.exit_code is not None
        return f"failed exit {instance.exit_code}" if failed else instance.phase
    if instance.verdict is Verdict.DEAD and instance.exit_code is not None:
        return f"dead exit {instance.exit_code}"
    if instance.phase == "paused":
        return f"{instance.verdict.value} frozen"
    return instance.verdict.value


def side_by_side(cells: Sequence[Sequence[Text]]) -> list[list[Text]]:
    """Columns turned into rows; short columns are filled with empty cells."""
    height = max((len(column) for column in cells), default=0)
    return [[column[i] if i < len(column) else Text() for column in cells] for i in range(height)]


def column_width(room: int, zones: int) -> int:
    """The cells each of `zones` columns may have in `room`."""
    return max((room - GAP * (zones - 1)) // max(zones, 1), 1)


def columns_that_fit(room: int, zones: int, least: int) -> int:
    """How many columns of at least `least` cells stand side by side in `room`; at least one."""
    return max(1, min(zones, (room + GAP) // (least + GAP)))
