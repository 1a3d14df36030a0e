"""The groups of a cluster: its instances by revision, side by side, with who has the traffic.

Before: ClusterStatus. After: the pages of a cluster and of one of its groups. Pure.
"""

from dataclasses import dataclass

from reconciler.console.web.pages.dots import Row, rows, wanted_revision
from reconciler.console.web.pages.paths import group_path
from reconciler.plan.status import ClusterStatus, Phase, Verdict

_RETURNING = (Phase.ROLLING_BACK, Phase.ROLLED_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`webapp-v003`: `serving` of its instances are led to by the cluster's name. `role` says what it is in a rollout
    (`next`, `former`), empty where there is none; `wanted`: the file asks for it.
    """

    name: str
    revision: str
    href: str
    role: str
    wanted: bool
    ready: int
    serving: int
    rows: tuple[Row, ...]

    @property
    def size(self) -> int:
        """How many there are, whatever they are in."""
        return len(self.rows)

    @property
    def traffic(self) -> str:
        """Who draws traffic, in words."""
        if not self.size:
            return "nobody there"
        if not self.serving:
            return "no traffic"
        return "has traffic" if self.serving == self.size else f"{self.serving} of {self.size} have traffic"


def groups(cluster: ClusterStatus, closed: frozenset[str] = frozenset()) -> tuple[Group, ...]:
    """Newest first. The revision that a rollout leads to is there before its first instance is."""
    by_revision: dict[str, list[Row]] = {}
    if cluster.rollout is not None and cluster.rollout.phase not in (*_RETURNING, Phase.COMPLETE):
        by_revision[cluster.rollout.revision] = []
    for one in rows(cluster, closed):
        by_revision.setdefault(one.status.revision, []).append(one)
    newest = sorted(by_revision, key=lambda label: (len(label), label), reverse=True)
    return tuple(_group(cluster, revision, by_revision[revision]) for revision in newest)


def group_of(cluster: ClusterStatus, revision: str, closed: frozenset[str] = frozenset()) -> Group:
    """One group, empty where nobody is of that revision."""
    return _group(cluster, revision, [one for one in rows(cluster, closed) if one.status.revision == revision])


def _group(cluster: ClusterStatus, revision: str, its: list[Row]) -> Group:
    return Group(
        name=f"{cluster.name}-{revision}" if revision else f"{cluster.name}, not made yet",
        revision=revision,
        href=group_path(cluster.name, revision) if revision else "",
        role=_role(cluster, revision),
        wanted=bool(revision) and revision == wanted_revision(cluster),
        ready=sum(one.status.verdict is Verdict.READY for one in its),
        serving=sum(one.status.serving for one in its),
        rows=tuple(its),
    )


def _role(cluster: ClusterStatus, revision: str) -> str:
    rollout = cluster.rollout
    if rollout is None or rollout.phase is Phase.COMPLETE or not revision:
        return ""
    if revision == rollout.revision:
        return "failed" if rollout.phase in (*_RETURNING, Phase.FAILED) else "next"
    return "former" if revision == rollout.former else ""
