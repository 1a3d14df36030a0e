"""`reconciler zone`: take a zone out of service and put it into service again.

Before: cli.main registers the group. After: the running loop, else loop.offline_zones; console for the list.
Exit 0 when it is done or was so already, 1 for an error, 64 for a zone that nobody has.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.options import duration_option, environment
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.plan.zone_rows import ZoneRow

app = typer.Typer(help="Take zones out of service, and put them back.", no_args_is_help=True)

ZoneArgument = Annotated[str, typer.Argument(metavar="ZONE", help="As in the specs' `zones`.")]


@app.command()
@environment
def close(
    settings: Settings,
    zone: ZoneArgument,
    seconds: Annotated[
        float | None, duration_option("--for", help_text="Open it again by itself after this long. Default: never.")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="A word for those who see it; it is kept.")] = "",
) -> None:
    """Take a zone out of service: nothing is made there, and who stands there moves to the other zones.

    Enough instances stay available meanwhile, as in any rollout. Clusters with named volumes don't move: what runs
    there stays, and what dies there waits until the zone opens. It stays closed over restarts of the loop.

    Examples: `reconciler zone close az2`, `reconciler zone close az2 --for 10m --why 'a new disk'`.
    """
    loop = session.running(settings)
    if loop is not None:
        remarks = loop.close_zone(zone, seconds, why)
    else:
        from reconciler.loop.offline_zones import close_offline

        remarks = close_offline(settings, zone, seconds, why, output.remark)
    output.say(f"zone {zone}: closed" + (f" for {seconds:g} s" if seconds is not None else ""))
    for sentence in remarks:
        output.remark(sentence)
    _tell_of_no_loop(without=loop is None)


@app.command("open")
@environment
def open_(settings: Settings, zone: ZoneArgument) -> None:
    """Put a closed zone into service again: the clusters that want it come back into balance.

    Example: `reconciler zone open az2`.
    """
    changed = reopen(settings, zone)
    output.say(f"zone {zone}: open" if changed else f"zone {zone}: was open already")


def reopen(settings: Settings, zone: str) -> bool:
    """Have it open, whether a loop runs or not; False where it was so already."""
    loop = session.running(settings)
    if loop is not None:
        return loop.open_zone(zone)
    from reconciler.loop.offline_zones import open_offline

    changed = open_offline(settings, zone, output.remark)
    _tell_of_no_loop(without=changed)
    return changed


def _tell_of_no_loop(*, without: bool) -> None:
    if without:
        output.remark("no loop is running: the containers follow when `reconciler run` does")


@app.command("list")
@environment
def list_(
    settings: Settings,
    form: Annotated[output.Plain, typer.Option("-o", "--output", help="For people, or for scripts.")] = (
        output.Plain.TEXT
    ),
) -> None:
    """Show each zone: open or closed, until when and why, how many instances run there and are ready.

    Examples: `reconciler zone list`, `reconciler zone list -o json`.
    """
    from reconciler.plan.zone_rows import zone_rows

    rows = zone_rows(session.look(settings))
    if form is output.Plain.JSON:
        output.emit_json([_as_json(row) for row in rows])
    else:
        from reconciler.console.terminal import text_width
        from reconciler.console.zone_list import zone_list

        output.show(zone_list(rows, text_width(output.console())))


def _as_json(row: "ZoneRow") -> dict[str, object]:
    closed = row.closed
    return {
        "zone": row.zone,
        "closed": closed is not None,
        "since": closed.since if closed else None,
        "until": closed.until if closed else None,
        "why": closed.why if closed else "",
        "instances": row.instances,
        "ready": row.ready,
        "clusters": list(row.clusters),
    }
