"""`terminate`: end one instance, which another one follows.

Before: main. After: the running loop, which alone ends anything. Exit 0 when it was asked for (with --wait: when
another one is ready), 1 where it may not be, 3 when --wait takes too long, 64 for what is no instance.
"""

import time
from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.failures import EXIT_NOT_READY
from reconciler.cli.options import duration_option, environment
from reconciler.errors import EngineUnavailable, TransientError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus

app = typer.Typer()

_POLL_SECONDS = 0.2


@app.command(rich_help_panel="Change")
@environment
def terminate(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="An instance, such as webapp-1.")],
    why: Annotated[str, typer.Option("--why", help="A word for those who read the events.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Until it is gone and as many are ready as are wanted.")] = False,
    timeout: Annotated[float, duration_option("--timeout", help_text="How long --wait lasts.")] = 120.0,
) -> None:
    """End one instance: names and registry lead to it no more, it drains, gets SIGTERM and is removed; another follows.

    No file is changed, and its number is filled at once: a person's word counts for more than `rollout.unavailable`.
    Refused where nothing would take its place: in a suspended cluster, for a task's run, for one that has ended.

    Examples: `reconciler terminate webapp-1`, `reconciler terminate webapp-1 --why 'leaks memory' --wait`.
    """
    loop = session.client(settings)
    cluster, instance = _named(loop.status(), name)
    ended = loop.terminate(cluster.name, instance.number, instance.id, why=why)
    output.say(f"{cluster.name}-{instance.number}: is being terminated; another one takes its place")
    if not wait:
        return
    missing = _await(settings, cluster.name, instance.number, ended, time.monotonic() + timeout)
    if missing:
        output.remark(f"Not replaced within {timeout:g} s: {missing}")
        raise typer.Exit(EXIT_NOT_READY)
    output.say(f"{cluster.name}: as many are ready as are wanted")


def _named(world: WorldStatus, name: str) -> tuple[ClusterStatus, InstanceStatus]:
    cluster, instance = session.find(world, name)
    if instance is None:
        raise UsageError(f"{name} is a cluster: name one of its instances, such as {name}-1 (nothing was done)")
    if not instance.id:
        raise UsageError(f"{name} is only being made: there is nothing to terminate yet")
    return cluster, instance


def _await(settings: Settings, name: str, number: int, ended: str, deadline: float) -> str:
    """Empty once it is replaced; else what is missing when the time is over."""
    from reconciler.plan.terminations import is_replaced

    while True:
        try:
            cluster, _ = session.find(session.client(settings).status(), name)
        except (EngineUnavailable, TransientError) as error:
            missing = str(error)
        else:
            if is_replaced(cluster, number, ended):
                return ""
            missing = f"{cluster.ready} of {cluster.desired} ready"
        if time.monotonic() >= deadline:
            return missing
        time.sleep(_POLL_SECONDS)
