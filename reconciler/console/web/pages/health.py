"""What is wrong with an environment now and what to do about it: one sentence, then a notice for each cause.

Before: WorldStatus. After: the environment's page. Pure. The gravest comes first; what is well is said in one sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reconciler.console.glyphs import State, state_of
from reconciler.console.notes import state_word
from reconciler.console.web.pages.paths import cluster_path, file_path, zone_path
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus

Tone = Literal["good", "info", "warn", "bad"]
MOST_CLUSTERS = 8
_TONES: dict[State, Tone] = {
    "Held": "warn",
    "Degraded": "bad",
    "Suspended": "info",
    "Unknown": "warn",
    "Progressing": "info",
    "NotReady": "warn",
    "Ready": "good",
    "Empty": "good",
}
_GRAVITY: dict[Tone, int] = {"bad": 0, "warn": 1, "info": 2, "good": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`text` says what is, `todo` what a person can do; `href` leads to where it is done, empty for nowhere."""

    tone: Tone
    label: str
    text: str
    todo: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`sentence` stands for all; `notices` name each cause, but for `unnamed` clusters that share the last one."""

    tone: Tone
    sentence: str
    notices: tuple[Notice, ...]
    unnamed: int = 0


def tone_of(cluster: ClusterStatus) -> Tone:
    """How loudly a cluster's state is told."""
    if cluster.awaits_person:
        return "warn"
    tone = _TONES[state_of(cluster)]
    return "info" if tone == "good" and not cluster.traffic else tone


def health(world: WorldStatus) -> Health:
    """The whole environment."""
    causes = (*_of_all(world), *_of_clusters(world.clusters))
    notices = tuple(sorted(causes, key=lambda notice: _GRAVITY[notice.tone]))
    tone = notices[0].tone if notices else "good"
    unnamed = len(_odd(world.clusters)) - MOST_CLUSTERS - 1  # the notice of them counts as one
    return Health(tone=tone, sentence=_sentence(world, tone), notices=notices, unnamed=max(0, unnamed))


def _sentence(world: WorldStatus, tone: Tone) -> str:
    if world.engine_problem:
        return "The engine can't be seen: nothing is decided, and nothing is touched, until it answers."
    if not world.clusters:
        return (
            f"There is no cluster yet. Save a spec file in {world.specs or 'the watched directory'}, or make one here."
        )
    everyone = [one for cluster in world.clusters for one in cluster.instances]
    ready = sum(one.verdict is Verdict.READY for one in everyone)
    counted = f"{ready} of {len(everyone)} {'instance is' if len(everyone) == 1 else 'instances are'} ready"
    tones = [tone_of(cluster) for cluster in world.clusters]
    wrong = sum(one in ("bad", "warn") for one in tones)
    moving = sum(one == "info" for one in tones)
    total = len(tones)
    if wrong:
        return f"{wrong} of {_clusters(total)} {'needs' if wrong == 1 else 'need'} a look; {counted}."
    if tone in ("bad", "warn"):
        return f"The clusters are as their files say, but something else isn't as it should be; {counted}."
    if moving:
        verb = "is" if moving == 1 else "are"
        return f"{moving} of {_clusters(total)} {verb} on the way, suspended or without traffic; {counted}."
    if total == 1:
        return f"The one cluster is as its file says; {counted}."
    return f"All {_clusters(total)} are as their files say; {counted}."


def _clusters(count: int) -> str:
    return "1 cluster" if count == 1 else f"{count} clusters"


def _of_all(world: WorldStatus) -> Iterator[Notice]:
    if world.engine_problem:
        todo = "Start the engine, or give the loop access to it; it goes on by itself."
        yield Notice(tone="bad", label="Engine", text=world.engine_problem, todo=todo)
    if world.channel_problem:
        todo = "Nobody is replaced for silence until heartbeats can be trusted again."
        yield Notice(tone="warn", label="Heartbeats", text=world.channel_problem, todo=todo)
    if world.names_problem:
        yield Notice(tone="warn", label="Names", text=world.names_problem, href="/names")
    for sentence in world.held:
        todo = "Bring the files back, or confirm below."
        yield Notice(tone="warn", label="Held", text=sentence, todo=todo, href="#held")
    for problem in world.problems:
        todo = "Change that file; what runs stays until then."
        yield Notice(tone="bad", label="File", text=str(problem), todo=todo, href=file_path(problem.file))
    for closed in world.closed_zones:
        text = f"zone {closed.zone} is out of service" + (f": {closed.why}" if closed.why else "")
        yield Notice(tone="warn", label="Closed", text=text, href=zone_path(closed.zone))
    for fault in world.faults:
        tone: Tone = "bad" if fault.leftover else "info"
        text = f"{fault.says}{': left over, somebody has to end it' if fault.leftover else ''}"
        yield Notice(tone=tone, label="Chaos", text=text, href="/chaos")
    for foreign in world.foreign:
        yield Notice(tone="info", label="Foreign", text=f"{foreign} (left alone)")


def _of_clusters(clusters: tuple[ClusterStatus, ...]) -> Iterator[Notice]:
    odd = _odd(clusters)
    for cluster in odd[:MOST_CLUSTERS]:
        yield Notice(
            tone=tone_of(cluster),
            label=cluster.name,
            text=why(cluster) or _counted(cluster),
            href=cluster_path(cluster.name),
            todo=_todo(cluster),
        )
    if len(odd) > MOST_CLUSTERS:
        more = len(odd) - MOST_CLUSTERS
        text = f"{_clusters(more)} more {'is' if more == 1 else 'are'} not at rest: see the table"
        yield Notice(tone=tone_of(odd[MOST_CLUSTERS]), label="More", text=text, href="#clusters")


def _odd(clusters: tuple[ClusterStatus, ...]) -> list[ClusterStatus]:
    """Those that aren't at rest, the gravest first, else in the order of the tables."""
    odd = [cluster for cluster in clusters if tone_of(cluster) != "good"]
    return sorted(odd, key=lambda cluster: _GRAVITY[tone_of(cluster)])


def _todo(cluster: ClusterStatus) -> str:
    if any(c.type == "Held" and c.reason == "SpecUnreadable" for c in cluster.conditions):
        return "Change the file; nothing is made or removed until then."
    if cluster.problems:
        return "Change the file; what it said before stays in force until then."
    return "It waits for a person." if cluster.awaits_person else ""


def why(cluster: ClusterStatus) -> str:
    """Why a cluster isn't simply ready, in one sentence: what a person would want to know first. Empty where the
    counts say all that is known.
    """
    state = state_of(cluster)
    if cluster.problems:
        more = len(cluster.problems) - 1
        return f"{cluster.problems[0]}{f' (and {more} more)' if more else ''}"
    if state == "Ready" and not cluster.traffic:
        return "it has no traffic: its file says so"
    if cluster.awaits_person:
        return awaits(cluster)
    named = {"NotReady": "Ready", "Unknown": "Ready"}.get(state, state)
    message = next((c.message or c.reason for c in cluster.conditions if c.type == named and c.message), "")
    if state == "Progressing" and cluster.rollout is not None and cluster.rollout.message:
        message = cluster.rollout.message
    if not message and cluster.doing:
        message = cluster.doing[0]
    return message


def _counted(cluster: ClusterStatus) -> str:
    return f"{state_word(state_of(cluster)).lower()}, {cluster.ready} of {cluster.desired} ready"


def awaits(cluster: ClusterStatus) -> str:
    """What waits for a person, without the commands that a terminal would need."""
    return cluster.awaits_person.split("; `", 1)[0].split(": `", 1)[0]
