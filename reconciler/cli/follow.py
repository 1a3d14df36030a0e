"""`events` and `logs`: what happened, and what instances say.

Before: main. After: api.client (events of the running loop), engine.store (events kept on disk),
engine.docker (logs).
"""

import time
from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.options import environment
from reconciler.cli.output import Plain
from reconciler.errors import LoopNotRunning, ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.state.event import Event

app = typer.Typer()

_WAIT_SECONDS = 20.0
_RETRY_SECONDS = 1.0


@app.command(rich_help_panel="See")
@environment
def events(
    settings: Settings,
    name: Annotated[str | None, typer.Argument(help="Only this cluster's (or instance's).")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many past ones.")] = 100,
    output_format: Annotated[Plain, typer.Option("--output", "-o", help="json writes one object a line.")] = Plain.TEXT,
) -> None:
    """Show what was done, when, why, and how long it took.

    Examples: `reconciler events`, `reconciler events webapp -f`, `reconciler events -o json`.
    """
    cluster, subject = _subject(settings, name)
    seen = _past(settings, cluster, limit)
    _write(_matching(seen, subject), output_format, quiet=follow)
    if follow:
        _follow(settings, cluster, subject, max((e.id for e in seen), default=0), output_format)


def _subject(settings: Settings, name: str | None) -> tuple[str | None, str | None]:
    """The cluster to ask for, and the instance to pick (`webapp-1`); a name that is gone may still have
    events.
    """
    if name is None:
        return None, None
    try:
        cluster, instance = session.find(session.look(settings), name)
    except ReconcilerError:
        stem, dash, number = name.rpartition("-")
        return (stem, name) if dash and number.isdigit() else (name, None)
    return cluster.name, f"{cluster.name}-{instance.number}" if instance else None


def _matching(events: tuple[Event, ...], subject: str | None) -> tuple[Event, ...]:
    return tuple(e for e in events if subject is None or e.subject == subject)


def _past(settings: Settings, cluster: str | None, limit: int) -> tuple[Event, ...]:
    try:
        return session.client(settings).events(cluster=cluster, limit=limit)
    except LoopNotRunning:
        output.remark("no loop is running; these are the events kept from before")
        return _stored(settings, cluster, limit)


def _stored(settings: Settings, cluster: str | None, limit: int) -> tuple[Event, ...]:
    from reconciler.engine.store import FILE_NAME, Store

    store = Store(settings.state / FILE_NAME, output.remark)
    try:
        return store.events(cluster=cluster, limit=limit)
    finally:
        store.close()


def _follow(settings: Settings, cluster: str | None, subject: str | None, after: int, how: Plain) -> None:
    """New events as they come; a loop that is restarted is waited for."""
    told = False
    while True:
        try:
            new = session.client(settings).events(after_id=after, cluster=cluster, wait_seconds=_WAIT_SECONDS)
            told = False
        except LoopNotRunning as error:
            if not told:
                output.remark(str(error))
            told = True
            time.sleep(_RETRY_SECONDS)
            continue
        _write(_matching(new, subject), how, quiet=True)
        after = max([after, *(e.id for e in new)])


def _write(events: tuple[Event, ...], how: Plain, *, quiet: bool) -> None:
    if how is Plain.JSON:
        from reconciler.api.encode import event_dict

        for event in events:
            output.emit_json_line(event_dict(event))
    elif events or not quiet:
        from reconciler.console.events_view import events_view
        from reconciler.console.terminal import glyphs_of, text_width

        console = output.console()
        output.show(events_view(events, text_width(console), glyphs=glyphs_of(console)))


@app.command(rich_help_panel="See")
@environment
def logs(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="A cluster (all its instances) or an instance.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", "-n", min=0, help="Only the last lines of each.")] = None,
) -> None:
    """Show what instances wrote to their output; with several, each line begins with the instance's name.

    Examples: `reconciler logs webapp`, `reconciler logs webapp-2 -f --tail 20`.
    """
    from reconciler.cli.reading import read_logs

    cluster, instance = session.find(session.look(settings), name)
    chosen = (instance,) if instance else cluster.instances
    there = tuple(i for i in chosen if i.id)
    if not there:
        raise ReconcilerError(f"{name} has no container; `reconciler status {cluster.name}` says why")
    read_logs(settings, there, follow=follow, tail=tail)
