"""`reconciler chaos`: faults on purpose, leashed unless --unleash; what is in force, and its end.

Before: cli.main registers the group. After: chaos_run (leash, run, report), chaos_listing.
Exit 0; 1 refused, or a fault that does not bite; 64 for a usage error; 130 after Ctrl-C, when everything is undone.
"""

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.chaos.faults import Agent, Burn, Dns, Fill, Freeze, Gorilla, Loss, Monkey, SplitBrain
from reconciler.cli.chaos_listing import heal, list_faults
from reconciler.cli.chaos_options import AIMED, ALWAYS, LASTING, Common, shared
from reconciler.cli.chaos_run import run
from reconciler.cli.options import environment, percentage
from reconciler.errors import UsageError
from reconciler.loop.settings import Settings

app = typer.Typer(
    help="Break things on purpose: kill, cut off, freeze; leashed (it only says what it would do) unless --unleash.",
    no_args_is_help=True,
)


class ShapeName(StrEnum):
    """The shapes of a cut; see docs/reference/chaos.md."""

    HALVES = "halves"
    REST = "rest"
    RING = "ring"
    BRIDGE = "bridge"
    ONE_WAY = "one-way"
    RECONCILER = "reconciler"


@app.command()
@environment
@shared("zone", "seed", *ALWAYS)
def monkey(
    settings: Settings,
    common: Common,
    cluster: Annotated[
        str | None, typer.Argument(metavar="[CLUSTER]", help="Whose. Default: any that is opted in.")
    ] = None,
) -> None:
    """Kill one instance, chosen at random; its seed is said, and the same seed chooses the same one.

    Examples: `reconciler chaos monkey web`, `reconciler chaos monkey web --seed 7 --unleash`.
    """
    run(settings, Monkey(cluster=cluster, zone=common.zone, seed=common.seed, anyway=common.anyway), common.way)


@app.command()
@environment
@shared(*LASTING)
def gorilla(
    settings: Settings,
    common: Common,
    zone: Annotated[str, typer.Argument(help="The zone.")],
    keep_down: Annotated[bool, typer.Option("--keep-down", help="Close the zone first, for as long as --for.")] = False,
) -> None:
    """Kill everything in a zone at once; with --keep-down nothing starts there again until it is over.

    Example: `reconciler chaos gorilla az2 --keep-down --for 1m --unleash`.
    """
    fault = Gorilla(
        zone=zone, keep_down=keep_down, seconds=common.seconds, spare=common.spare, anyway=common.anyway
    )  # fmt: skip
    run(settings, fault, common.way)


@app.command("split-brain")
@environment
@shared(*LASTING)
def split_brain(
    settings: Settings,
    common: Common,
    shape: Annotated[ShapeName, typer.Argument(help="Who doesn't see whom.")] = ShapeName.HALVES,
    side: Annotated[
        list[str] | None, typer.Option("--side", metavar="ZONE[,ZONE]", help="Zones of one side; once for each side.")
    ] = None,
) -> None:
    """Cut zones off from each other, see that it is so, and join them again.

    halves: sides that don't see each other. rest: one side against all others. bridge: first the zone that sees
    both, then the sides. one-way: what the first side sends to the second is lost. ring: each zone sees its
    neighbours only. reconciler: zones that the reconciler doesn't reach.

    Examples: `reconciler chaos split-brain halves --side az1 --side az2,az3`,
    `reconciler chaos split-brain reconciler --side az1 --for 10s --unleash`.
    """
    sides = tuple(tuple(zone.strip() for zone in one.split(",") if zone.strip()) for one in side or ())
    fault = SplitBrain(
        shape=shape.value, sides=sides, seconds=common.seconds, spare=common.spare, anyway=common.anyway
    )  # fmt: skip
    run(settings, fault, common.way)


@app.command()
@environment
@shared(*AIMED)
def freeze(settings: Settings, common: Common) -> None:
    """Stop every process of instances (SIGSTOP); afterwards they go on.

    Example: `reconciler chaos freeze web-1 --for 10s --unleash`.
    """
    run(settings, common.aim(Freeze), common.way)


@app.command()
@environment
@shared(*AIMED)
def loss(
    settings: Settings,
    common: Common,
    percent: Annotated[
        float,
        typer.Option(
            "--percent",
            parser=percentage,
            metavar="PERCENT",
            help="How many of a hundred are lost, each way: 20 or 20%.",
        ),
    ] = 20.0,
) -> None:
    """Lose some of the packets of instances.

    Example: `reconciler chaos loss --zone az1 --percent 20 --unleash`.
    """
    run(settings, common.aim(Loss, percent=percent), common.way)


@app.command()
@environment
@shared(*AIMED)
def dns(settings: Settings, common: Common) -> None:
    """Let no name be answered to instances.

    Example: `reconciler chaos dns web --for 20s --unleash`.
    """
    run(settings, common.aim(Dns), common.way)


@app.command()
@environment
@shared(*AIMED)
def agent(settings: Settings, common: Common) -> None:
    """Let only the heartbeats of instances be lost; all else works.

    Example: `reconciler chaos agent web --one --for 10s --unleash`.
    """
    run(settings, common.aim(Agent), common.way)


@app.command()
@environment
@shared(*AIMED)
def burn(
    settings: Settings,
    common: Common,
    workers: Annotated[int, typer.Option("--workers", help="How many processors to keep busy.")] = 1,
) -> None:
    """Compute in vain beside instances, within their own share of the processors where the engine can do that.

    Example: `reconciler chaos burn web-1 --workers 2 --unleash`.
    """
    run(settings, common.aim(Burn, workers=workers), common.way)


@app.command()
@environment
@shared(*AIMED)
def fill(
    settings: Settings,
    common: Common,
    size: Annotated[str, typer.Option("--size", help="How much to take.")] = "64MiB",
    path: Annotated[str, typer.Option("--path", help="A directory of the instance.")] = "/tmp",  # noqa: S108
) -> None:
    """Take disk space where instances write; the disk's last 512 MiB are left alone.

    Example: `reconciler chaos fill cassandra-1 --size 1GiB --path /var/lib/cassandra --unleash`.
    """
    run(settings, common.aim(Fill, size_bytes=_bytes(size), path=path), common.way)


app.command("list")(list_faults)
app.command()(heal)


def _bytes(text: str) -> int:
    from reconciler.spec.units import MalformedError, parse_bytes

    try:
        return parse_bytes(text)
    except MalformedError as error:
        raise UsageError(f"--size {text!r} is no size; write it like 64MiB or 1GiB") from error
