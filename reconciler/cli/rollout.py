"""`reconciler rollout`: how far a new revision is, what there was before, and the edits that lead on or back.

Before: cli.main registers the group. After: editing (each command changes one file, and nothing else), rollout_history,
rollout_follow; the loop does the rest. Exit 0 when it is done or was so already, 1 for an error, 64 for a usage error.
"""

from typing import Annotated

import typer

from reconciler.changes.wishes import GoOn, Pause, Promote, Restart, Undo
from reconciler.cli import output, session
from reconciler.cli.editing import Edited, edit, follow_up
from reconciler.cli.options import duration_option, environment
from reconciler.cli.output import Plain
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings
from reconciler.plan.status import ClusterStatus, Phase

app = typer.Typer(help="Follow new revisions, hold them, lead them on and take them back.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The cluster.")]
OutputOption = Annotated[Plain, typer.Option("--output", "-o", help="For people, or for scripts.")]


@app.command()
@environment
def status(
    settings: Settings,
    name: Name,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    timeout: Annotated[float, duration_option("--timeout", help_text="How long --wait lasts.")] = 120.0,
    output_format: OutputOption = Plain.TEXT,
) -> None:
    """Say how far a cluster's rollout is: from which revision to which, how many are updated, what it waits for.

    With --wait it exits 0 when it is complete, 4 as soon as it was rolled back, 3 when only a person can lead it on
    (it awaits a promotion or judgment, is paused, has failed and there is no way back) or when it takes too long.

    Examples: `reconciler rollout status webapp`, `reconciler rollout status webapp --wait --timeout 5m`.
    """
    from reconciler.cli import rollout_follow

    if wait:
        rollout_follow.follow(settings, name, timeout, output_format)
    else:
        rollout_follow.show(settings, name, output_format)


@app.command()
@environment
def history(
    settings: Settings,
    name: Name,
    revision: Annotated[str | None, typer.Option("--revision", help="Print this one's spec.")] = None,
    output_format: OutputOption = Plain.TEXT,
) -> None:
    """Show a cluster's revisions, newest first: when, what came with each, how it went, how many run of it.

    Examples: `reconciler rollout history webapp`, `reconciler rollout history webapp --revision v002`.
    """
    from reconciler.changes import going_back
    from reconciler.cli import rollout_history

    revisions = rollout_history.known_revisions(settings, name)
    if revision is not None:
        kept = going_back.one(revisions, revision)
        text = going_back.text_of(kept)
        if output_format is Plain.JSON:
            output.emit_json({"revision": kept.revision, "file": kept.file, "text": text})
        else:
            output.write(text)
        return
    rows = rollout_history.rows(settings, revisions, _seen(settings, name))
    if output_format is Plain.JSON:
        output.emit_json([rollout_history.row_dict(row) for row in rows])
        return
    from reconciler.console.history_view import history_view
    from reconciler.console.terminal import glyphs_of, text_width

    console = output.console()
    output.show(history_view(rows, text_width(console), glyphs=glyphs_of(console)))


def _seen(settings: Settings, name: str) -> ClusterStatus | None:
    """The cluster as it is; None where it is gone or can't be seen: its history stands without."""
    try:
        return session.find(session.look(settings), name)[0]
    except ReconcilerError:
        return None


@app.command()
@environment
def undo(
    settings: Settings,
    name: Name,
    to: Annotated[str | None, typer.Option("--to", help="The revision, as in `rollout history`.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change of the file, and don't do it.")] = False,
) -> None:
    """Write back into the file what an earlier revision was made from; the rest of it, and its comments, stay.

    Without --to: the one that the present rollout came from, or, where the loop knows none, the newest that was rolled
    out to the end. Size, zones and how to roll out stay as they are in the file.

    Examples: `reconciler rollout undo webapp`, `reconciler rollout undo webapp --to v002 --dry-run`.
    """
    from reconciler.console.differences import differences

    edited = edit(settings, Undo(name=name, to=to or ""), dry_run=dry_run)
    if dry_run:
        output.write(edited.difference)
        return
    before, after = edited.specs
    follow_up(edited, f"{name}: back to {edited.draft.revision}")
    for change in differences(before, after):
        output.say(f"  {change.field}: {change.before} -> {change.after}")


def _resuming(settings: Settings, name: str) -> str:
    from reconciler.console.notes import command

    return command(settings.env, f"rollout resume {name}")


@app.command()
@environment
def restart(settings: Settings, name: Name) -> None:
    """Have every instance replaced by a new one of the same, as in any rollout.

    Example: `reconciler rollout restart webapp`.
    """
    follow_up(edit(settings, Restart(name=name)), f"{name}: restarts")


@app.command()
@environment
def pause(settings: Settings, name: Name) -> None:
    """Begin nothing more of a rollout until it is resumed; whoever dies is replaced all the same.

    Example: `reconciler rollout pause webapp`.
    """
    edited = edit(settings, Pause(name=name))
    _told(edited, f"{name}: paused; `{_resuming(settings, name)}` goes on", f"{name}: was paused already")


@app.command()
@environment
def resume(settings: Settings, name: Name) -> None:
    """Go on with a paused rollout.

    Example: `reconciler rollout resume webapp`.
    """
    edited = edit(settings, GoOn(name=name))
    _told(edited, f"{name}: goes on", f"{name}: was not paused")


def _told(edited: Edited, done: str, already: str) -> None:
    if edited.changed:
        follow_up(edited, done)
    else:
        output.say(already)


@app.command()
@environment
def promote(settings: Settings, name: Name) -> None:
    """Let a canary's revision go on to all instances, or give a judged red-black group the traffic.

    Example: `reconciler rollout promote webapp`.
    """
    world = session.client(settings).status()
    cluster = session.find(world, name)[0]
    label = _promotable(cluster, settings.env)
    judged = cluster.rollout is not None and cluster.rollout.phase is Phase.JUDGING
    edited = edit(settings, Promote(name=name), status=lambda: world)
    _told(
        edited,
        f"{name}: {label} {'gets the traffic' if judged else 'goes on to all instances'}",
        f"{name}: {label} was promoted already",
    )


def _promotable(cluster: ClusterStatus, env: str) -> str:
    """The revision whose canaries stand, or whose group is judged. Raises ReconcilerError: what stands instead."""
    from reconciler.console.glyphs import ASCII
    from reconciler.console.notes import env_option
    from reconciler.console.rollouts import rollout_text

    rollout = cluster.rollout
    if rollout is not None and rollout.promotable:
        return rollout.revision
    what = "nothing is rolled out" if rollout is None else rollout_text(cluster.name, rollout, ASCII, env_option(env))
    raise ReconcilerError(
        f"{cluster.name}: no canary and no group stands that could be promoted: {what} (nothing was changed)"
    )
