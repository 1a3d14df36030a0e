"""What needs saying beside the numbers: conditions with reasons, broken files, what is being done or held.

Before: WorldStatus. After: table and dashboard, which put these lines below their numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.console.events_view import clock, moment
from reconciler.console.glyphs import UNICODE, Glyphs, State
from reconciler.console.rollouts import bar, rollout_text, scale_text
from reconciler.plan.plan import CANARY_WAITING, JUDGMENT_WAITING, ROLLOUT_PAUSED
from reconciler.plan.status import ClusterStatus, Condition, Phase, WorldStatus
from reconciler.state.faults import FaultSeen
from reconciler.state.zones import ClosedZone

_DEFAULT_ENV = "dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing to say: `label` is a word, `style` how the label is coloured, `text` a sentence."""

    label: str
    text: str
    style: str = ""


_CONDITION_STYLES: dict[str, str] = {
    "Ready": "yellow",
    "Progressing": "cyan",
    "Degraded": "bold red",
    "Suspended": "blue",
    "Held": "bold yellow",
    "Scaling": "yellow",
    "NoTraffic": "yellow",
}
_LABELS = {"Ready": "Not ready", "NoTraffic": "No traffic"}
_PHASE_STYLES = {Phase.ROLLED_BACK: "bold red", Phase.ROLLING_BACK: "bold red", Phase.FAILED: "bold red"}
SAID_BY_THE_ROLLOUT = (f"{ROLLOUT_PAUSED}: ", f"{CANARY_WAITING}: ", f"{JUDGMENT_WAITING}: ")
_NO_BAR = frozenset({Phase.COMPLETE, Phase.ROLLING_BACK, Phase.ROLLED_BACK})  # nothing of it is on its way


def command(env: str, words: str) -> str:
    """What to type, for this environment."""
    return f"reconciler {words}{env_option(env)}"


def env_option(env: str) -> str:
    """What has to be added to a command so that it is about this environment."""
    return "" if env == _DEFAULT_ENV else f" --env {env}"


def cluster_notes(cluster: ClusterStatus, env: str, glyphs: Glyphs = UNICODE) -> tuple[Note, ...]:
    """What is worth saying of one cluster, each thing once; empty for a healthy one that is left in peace. Of one that
    is scaled by itself its measure is always said.
    """
    notes = (
        *_rollout(cluster, env, glyphs), *_scale(cluster, glyphs), *_conditions(cluster), *_problems(cluster),
        *_doing(cluster),
    )  # fmt: skip
    first: dict[str, Note] = {}
    for note in notes:
        first.setdefault(note.text, note)
    return tuple(first.values())


def _rollout(cluster: ClusterStatus, env: str, glyphs: Glyphs) -> Iterator[Note]:
    rollout = cluster.rollout
    if rollout is None or rollout.phase is Phase.COMPLETE:
        return
    text = rollout_text(cluster.name, rollout, glyphs, env_option(env))
    shown = text if rollout.phase in _NO_BAR else f"{bar(rollout, glyphs)} {text}"
    yield Note(label="Rollout", text=shown, style=_PHASE_STYLES.get(rollout.phase, "cyan"))


def _scale(cluster: ClusterStatus, glyphs: Glyphs) -> Iterator[Note]:
    if cluster.scale is not None:
        yield Note(
            label="Scale", text=scale_text(cluster.scale, glyphs), style="yellow" if cluster.scale.hold else "cyan"
        )


def _conditions(cluster: ClusterStatus) -> Iterator[Note]:
    said = {str(problem) for problem in cluster.problems}
    if cluster.rollout is not None:
        said.add(cluster.rollout.message)
    for condition in cluster.conditions:
        if condition.type == "Progressing" and not condition.message and cluster.doing:
            continue  # what is being done says it better
        if condition.type == "Scaling" and cluster.scale is not None:
            continue  # a line of its own says it
        if _noteworthy(condition):
            reason = condition.reason if condition.status != "Unknown" else f"{condition.reason} (unknown)"
            elsewhere = not condition.message or condition.message in said
            text = reason if elsewhere else f"{reason}: {condition.message}"
            label = _LABELS.get(condition.type, condition.type)
            yield Note(label=label, text=text, style=_CONDITION_STYLES[condition.type])


def _noteworthy(condition: Condition) -> bool:
    if condition.type in ("Ready", "Scaling"):
        return condition.status != "True"
    return condition.status != "False"


def _problems(cluster: ClusterStatus) -> Iterator[Note]:
    for problem in cluster.problems:
        yield Note(label="File", text=str(problem), style="bold red")


def _doing(cluster: ClusterStatus) -> Iterator[Note]:
    said = cluster.rollout.message if cluster.rollout is not None else ""
    for sentence in cluster.doing:
        if (said and f": {said}" in sentence) or sentence.startswith(SAID_BY_THE_ROLLOUT):
            continue  # the rollout's own line says it, with what to type
        yield Note(label="Now", text=sentence, style="cyan")


def alarms(world: WorldStatus) -> tuple[Note, ...]:
    """What is wrong with the whole environment, the gravest first, and what to type."""
    return tuple(_alarms(world))


def _alarms(world: WorldStatus) -> Iterator[Note]:
    env = world.environment
    if world.engine_problem:
        yield Note(label="Engine", text=_sentence(world.engine_problem), style="bold red")
    if world.channel_problem:
        yield Note(label="Heartbeats", text=_sentence(world.channel_problem), style="bold yellow")
    if world.names_problem:
        yield Note(label="Names", text=_sentence(world.names_problem), style="bold yellow")
    for sentence in world.held:
        yield Note(label="Held", text=_sentence(sentence), style="bold yellow")
    if world.held and not any("reconciler confirm" in one or "bring it back" in one for one in world.held):
        hint = f"bring the files back, or let it go on: {command(env, 'confirm')}"
        yield Note(label="", text=hint, style="yellow")
    for closed in world.closed_zones:
        yield Note(label="Closed", text=_closed(closed, env), style="bold yellow")
    for fault in world.faults:
        yield Note(label="Fault", text=_fault(fault, env), style="bold magenta")
    for problem in world.problems:
        yield Note(label="File", text=str(problem), style="bold red")
    for foreign in world.foreign:
        yield Note(label="Foreign", text=f"{foreign} (left alone)", style="magenta")


def _fault(fault: FaultSeen, env: str) -> str:
    count = len(fault.instances)
    whom = fault.instances[0] if count == 1 else f"{count} instances"
    if fault.leftover:
        return f"{fault.says}: left over on {whom}; to end it: {command(env, f'chaos heal {fault.id}')}"
    return f"{fault.says}: {whom}, until {clock(fault.until)} ({fault.id})"


def _closed(closed: ClosedZone, env: str) -> str:
    until = "" if closed.until is None else f" until {moment(closed.until)}"
    why = f" ({_sentence(closed.why)})" if closed.why else ""
    return f"zone {closed.zone}{until}{why}; to open it: {command(env, f'zone open {closed.zone}')}"


def _sentence(text: str) -> str:
    return text.strip().rstrip(".")


def loop_line(world: WorldStatus, dot: str) -> str:
    """Whose environment this is and whether somebody keeps it as the specs say."""
    if world.loop_running:
        who = f"loop running, pid {world.loop_pid}" if world.loop_pid else "loop running"
    else:
        who = "no loop running"
    parts = [f"{world.environment}.{world.domain}", who]
    if world.specs:
        parts.append(f"specs {world.specs}")
    return f" {dot} ".join(parts)


def no_loop_hint(world: WorldStatus) -> str:
    """Said where nobody keeps the environment: what is not known, and how to start a loop."""
    start = f"reconciler run {world.specs}" if world.specs else "reconciler run"
    if world.environment != _DEFAULT_ENV:
        start += f" --env {world.environment}"
    return f"heartbeats are unknown and nothing is repaired; start a loop: {start}"


def state_word(state: State) -> str:
    """The state as two words where it has two."""
    return {"NotReady": "Not ready", "Empty": "Size 0"}.get(state, state)
