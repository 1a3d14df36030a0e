"""`rollout status`: a cluster's rollout as it is, or followed to its end, a line for each change.

Before: rollout. After: session (the loop, else Docker itself), waiting (when it has ended), console (the sentences).
"""

import re
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import typer

from reconciler.changes.lacking import Goal
from reconciler.cli import output, session
from reconciler.cli.output import Plain
from reconciler.cli.patience import Patience
from reconciler.cli.waiting import await_goal
from reconciler.errors import LoopNotRunning
from reconciler.loop.settings import Settings
from reconciler.plan.plan import ROLLED_BACK, ROLLOUT_FAILED
from reconciler.plan.status import ClusterStatus, WorldStatus

_HINDERING = frozenset({"Suspended", "Held", "Degraded"})
_STEPS = frozenset({ROLLED_BACK, ROLLOUT_FAILED})
_SECONDS = re.compile(r"\d+ s\b")  # what counts down is no change


def show(settings: Settings, name: str, how: Plain) -> None:
    """Print how far it is."""
    world = session.look(settings)
    cluster = _cluster(world, name)
    if not world.loop_running:
        from reconciler.console.notes import no_loop_hint

        output.remark(no_loop_hint(world))
    if how is Plain.JSON:
        output.emit_json(rollout_dict(cluster))
        return
    for line in _lines(cluster, settings.env):
        _say(line)


def _cluster(world: WorldStatus, name: str) -> ClusterStatus:
    return session.find(world, name)[0]


def follow(settings: Settings, name: str, timeout: float, how: Plain) -> None:
    """Until it is complete; exits 4 when it was rolled back, 3 when only a person can lead it on or time is over."""
    loop = session.running(settings)
    if loop is None:
        raise LoopNotRunning("--wait needs a running loop; start one with `reconciler run`")
    name = _cluster(loop.status(), name).name
    seen: list[str] = []

    def look() -> WorldStatus:
        world = loop.status()
        for cluster in world.clusters:
            if cluster.name == name:
                _tell(cluster, settings.env, seen, how)
        return world

    files = partial(session.taken_up, loop, settings.specs, settings.policy, [name])
    patience = Patience(names=[name], env=settings.env, files=files)
    missing = await_goal(look, [name], Goal.READY, time.monotonic() + timeout, patience.settled, patience.hopeless)
    if how is Plain.JSON:
        output.emit_json(rollout_dict(_cluster(loop.status(), name)))
    if missing:
        for sentence in (*missing, *patience.verdict(f"Not complete within {timeout:g} s")):
            output.remark(sentence)
        raise typer.Exit(patience.exit_code)


def _tell(cluster: ClusterStatus, env: str, seen: list[str], how: Plain) -> None:
    lines = {_SECONDS.sub("", line): line for line in _lines(cluster, env)}
    for key, line in lines.items():
        if how is Plain.TEXT and key not in seen:
            _say(line)
    seen[:] = lines


def _say(line: str) -> None:
    """Whole to a program; on a terminal within its width, so that a command to type isn't cut in a word."""
    from reconciler.console.layout import wrap
    from reconciler.console.terminal import text_width

    width = text_width(output.console())
    output.say("\n  ".join(wrap(line, None if width is None else width - 2)))


def _lines(cluster: ClusterStatus, env: str) -> list[str]:
    from reconciler.console.notes import env_option
    from reconciler.console.rollouts import rollout_text, scale_text
    from reconciler.console.terminal import glyphs_of

    glyphs = glyphs_of(output.console())
    if cluster.rollout is None:
        lines = [f"{cluster.name}: no rollout is known; {cluster.ready} of {cluster.desired} ready"]
    else:
        lines = [f"{cluster.name}: {rollout_text(cluster.name, cluster.rollout, glyphs, env_option(env))}"]
    if cluster.scale is not None:
        lines.append(f"{cluster.name}: {scale_text(cluster.scale, glyphs)}")
    return lines + [f"{cluster.name}: {hindrance}" for hindrance in _hindrances(cluster)]


def _hindrances(cluster: ClusterStatus) -> Iterator[str]:
    """What holds a rollout up and isn't a step of it: a file that can't be read, a suspension, closed zones."""
    said = [str(problem) for problem in cluster.problems]
    yield from said
    for condition in cluster.conditions:
        if condition.status != "True" or condition.type not in _HINDERING or condition.reason in _STEPS:
            continue
        if condition.message not in said:
            yield f"{condition.reason}: {condition.message}" if condition.message else condition.reason


def rollout_dict(cluster: ClusterStatus) -> dict[str, Any]:
    """For scripts: what `status -o json` has of it, too, and whether the cluster is as its file says."""
    from reconciler.api.encode import plain

    return {
        "cluster": cluster.name, "ready": cluster.all_ready, "rollout": plain(cluster.rollout),
        "scale": plain(cluster.scale),
    }  # fmt: skip
