"""`down`: everything that an environment owns is removed, with the names that others registered, and nothing else.

Before: main. After: engine.docker (the inventory), engine.store, engine.lock: no loop may be at work, and none may
start meanwhile.
What only pretends to be ours is left alone and named.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.options import environment
from reconciler.errors import EngineError, LockHeld, ReconcilerError, StuckInEngine, UsageError
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine
    from reconciler.engine.docker.inventory import Inventory, Owned

app = typer.Typer()

_AT_ONCE = 8


@app.command(rich_help_panel="Run")
@environment
def down(
    settings: Settings,
    volumes: Annotated[bool, typer.Option("--volumes", help="Also remove named volumes, with their data.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the running loop first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Remove the environment's containers and network. The spec files stay; so do volumes, without --volumes.

    What was registered over the SkyDNS API is forgotten.
    Refuses while a loop runs, which would only make everything again, unless --stop ends it.

    Examples: `reconciler down`, `reconciler down --env ci --stop --volumes --yes`.
    """
    from reconciler.engine.docker import connect
    from reconciler.engine.lock import acquire
    from reconciler.engine.store import FILE_NAME

    loop_runs = session.running(settings) is not None
    if loop_runs and not stop:
        raise LockHeld(f"a loop of environment {settings.env} is running; end it first: `reconciler down --stop`")
    with closing(connect(settings.engine_url)) as engine:
        found = belongings(engine, settings.env, volumes=volumes)
        if found.empty and not loop_runs:
            _tell_foreign(found.foreign)
            output.say(f"environment {settings.env} owns nothing on this engine")
            if (settings.state / FILE_NAME).exists():
                with acquire(engine.info().id, settings.env):
                    forget_registered(settings)
            return
        _ask(settings, found, yes=yes)
        if loop_runs:
            from reconciler.cli.running import stop_loop

            stop_loop(settings)
        with acquire(engine.info().id, settings.env):
            # Looked at again under the lock: until it was ours, a loop may still have made something.
            remove(engine, belongings(engine, settings.env, volumes=volumes))
            forget_registered(settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What is to be removed, and what carries our label but isn't what it says."""

    containers: "tuple[Owned, ...]" = ()
    networks: "tuple[Owned, ...]" = ()
    volumes: "tuple[Owned, ...]" = ()
    foreign: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is to be removed."""
        return not (self.containers or self.networks or self.volumes)

    def __str__(self) -> str:
        parts = [
            _count(len(self.containers), "container"),
            _count(len(self.networks), "network"),
            _count(len(self.volumes), "volume with its data", "volumes with their data"),
        ]
        return " and ".join(part for part in parts if part) or "nothing"


def _count(number: int, one: str, many: str = "") -> str:
    if not number:
        return ""
    return f"{number} {one if number == 1 else many or one + 's'}"


def belongings(engine: "DockerEngine", env: str, *, volumes: bool) -> Belongings:
    """What the environment owns now."""
    found: Inventory = engine.inventory(env)
    foreign = {one.id: one.container for one in engine.listing(env).foreign}
    return Belongings(
        containers=tuple(c for c in found.containers if c.id not in foreign),
        networks=found.networks,
        volumes=found.volumes if volumes else (),
        foreign=tuple(sorted(foreign.values())),
    )


def _ask(settings: Settings, found: Belongings, *, yes: bool) -> None:
    """Raises UsageError without a terminal and without --yes, typer.Abort for a no."""
    if yes or found.empty:
        return
    for owned in (*found.containers, *found.networks, *found.volumes):
        output.remark(f"  {owned.name}")
    question = f"Remove {found} of environment {settings.env}?"
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask on: say --yes")
    typer.confirm(question, abort=True, err=True)


def remove(engine: "DockerEngine", found: Belongings) -> None:
    """Remove it and say so. Raises ReconcilerError naming what stayed."""
    _tell_foreign(found.foreign)
    left = remove_quietly(engine, found)
    gone = replace(found, networks=tuple(network for network in found.networks if network.id not in left))
    output.say(f"removed {gone}")
    for why in left.values():
        output.remark(f"left behind: {why}")


def remove_quietly(engine: "DockerEngine", found: Belongings) -> dict[str, str]:
    """Containers first, since networks and volumes wait for them; the ids that only the engine holds on to, and why.

    Raises ReconcilerError naming what stayed for another reason.
    """
    left: dict[str, str] = {}

    def remove_network(id: str) -> None:
        try:
            engine.remove_network(id)
        except StuckInEngine as error:
            left[id] = str(error)

    failed = _each(engine.remove, found.containers)
    failed += [] if failed else _each(remove_network, found.networks)
    failed += [] if failed else _each(engine.remove_volume, found.volumes)
    if failed:
        raise ReconcilerError("not everything could be removed:\n" + "\n".join(failed))
    return left


def forget_registered(settings: Settings) -> None:
    """Drop what is noted of the environment's names and of closed zones, and say so; call it under the lock.

    Raises ReconcilerError.
    """
    from reconciler.dns.moved import NOTE
    from reconciler.dns.skydns.registry import KEY
    from reconciler.engine.closed_zones import KEY as CLOSED
    from reconciler.engine.store import FILE_NAME, Store

    if not (settings.state / FILE_NAME).exists():
        return
    with closing(Store(settings.state / FILE_NAME, output.remark)) as store:
        notes = store.notes()
        services = [key for key in notes if key.startswith(KEY)]
        zones = [key.removeprefix(CLOSED) for key in notes if key.startswith(CLOSED)]
        for key in (*services, *(CLOSED + zone for zone in zones), *({NOTE} & notes.keys())):
            store.note(key, None)
        if (services or zones) and not store.flush():
            raise ReconcilerError(f"what is noted could not be forgotten: {store.problem or 'the disk hangs'}")
    if services:
        output.say(f"forgot {_count(len(services), 'registered service')}")
    if zones:
        output.say(f"opened {', '.join(sorted(zones))}, which {'was' if len(zones) == 1 else 'were'} closed")


def _each(effect: Callable[[str], None], owned: "Sequence[Owned]") -> list[str]:
    if not owned:
        return []

    def one(thing: "Owned") -> str:
        try:
            effect(thing.id)
        except EngineError as error:
            return f"{thing.name}: {error}"
        return ""

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return [said for said in pool.map(one, owned) if said]


def _tell_foreign(foreign: Sequence[str]) -> None:
    if foreign:
        output.remark(f"left alone, since their labels aren't true: {', '.join(foreign)}")
