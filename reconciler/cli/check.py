"""`validate` and `plan`: what is wrong with the files, and what would be done about them.

Before: main. After: sources (the files), the loop's own planner or loop.offline. Neither changes anything.
"""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import output, session
from reconciler.cli.failures import EXIT_CHANGES
from reconciler.cli.options import environment
from reconciler.cli.output import Plain
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.loop.settings import Settings
from reconciler.plan.plan import Plan

app = typer.Typer()

AllowPath = Annotated[
    list[Path] | None,
    typer.Option("--allow-path", help="A host directory that volumes may come from; repeatable."),
]


@app.command(rich_help_panel="Change")
def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Spec files or directories, or drills.")],
    allow_path: AllowPath = None,
    output_format: Annotated[Plain, typer.Option("--output", "-o", help="How to write it.")] = Plain.TEXT,
) -> None:
    """Check spec files, alone and together, and show every problem at once with its place and a fix.

    Needs no engine and no loop. Exits 1 where anything is wrong, 64 where there is no spec file.

    Examples: `reconciler validate specs/`, `reconciler validate webapp.yaml auth.yaml -o json`.
    """
    from reconciler.changes.sources import check_all, near_misses, read_sources
    from reconciler.errors import SpecError
    from reconciler.spec.policy import Policy

    allowed = tuple(str(path.absolute()) for path in allow_path or ())
    drills, problems = _drills(paths)
    sources = read_sources(paths, Policy(allow_paths=allowed), apart=drills)
    sources.problems += problems
    for path in near_misses(paths):
        output.remark(f"{path} is left out: a spec's name ends in .yaml or .yml")
    if not sources.texts and not sources.problems and not drills:
        raise UsageError(f"{', '.join(map(str, paths))}: no spec files there (*.yaml, *.yml)")
    try:
        check_all(sources)
    except SpecError as error:
        if output_format is Plain.TEXT:
            raise
        _problems_as_json(error)
        raise typer.Exit(1) from error
    if output_format is Plain.JSON:
        files = sorted([*sources.parsed, *map(str, drills)])
        output.emit_json({"valid": True, "files": files, "problems": []})
        return
    counts = ((len(sources.parsed), "spec"), (len(drills), "drill"))
    told = [f"{count} {word}{'s' if count != 1 else ''}" for count, word in counts if count]
    output.say(f"{' and '.join(told)}, no problems")


def _drills(paths: list[Path]) -> tuple[list[Path], list[Problem]]:
    """Those of the files, and of the files in directories, that call themselves drills, and what is wrong with them."""
    from reconciler.changes.sources import spec_files

    drills: list[Path] = []
    problems: list[Problem] = []
    for path in paths:
        files = spec_files(path) if path.is_dir() else (path,)
        found = {file: wrong for file in files if (wrong := _wrong_with_drill(file)) is not None}
        drills += found
        problems += [one for wrong in found.values() for one in wrong]
        if len(found) < len(files):
            problems += [_among_specs(file) for file in found]
    return drills, problems


def _wrong_with_drill(path: Path) -> tuple[Problem, ...] | None:
    """None where it is no drill, or can't be read at all."""
    from reconciler.drill.reading import parse_drill, says_drill
    from reconciler.errors import SpecError
    from reconciler.spec.read import read_spec

    try:
        read = read_spec(path)
    except SpecError:
        return None
    if read is None or not says_drill(read.data):
        return None
    try:
        parse_drill(read.data, file=str(path))
    except SpecError as error:
        return error.problems
    return ()


def _among_specs(path: Path) -> Problem:
    from reconciler.errors import Problem

    what = "a drill among specs: a loop that watches this directory would read it as a cluster"
    return Problem(file=str(path), line=1, column=1, path="kind", problem=what, fix="move it to a directory of its own")


def _problems_as_json(error: Exception) -> None:
    from reconciler.api.encode import problem_dict

    problems = [problem_dict(problem) for problem in getattr(error, "problems", ())]
    output.emit_json({"valid": False, "files": sorted({p["file"] for p in problems}), "problems": problems})


@app.command(rich_help_panel="See")
@environment
def plan(
    settings: Settings,
    specs_path: Annotated[
        Path | None,
        typer.Argument(metavar="[SPECS]", help="A directory of specs. Default: the watched one."),
    ] = None,
    output_format: Annotated[Plain, typer.Option("--output", "-o", help="How to write it.")] = Plain.TEXT,
) -> None:
    """Show what would be done now, and why; changes nothing.

    Exits 0 when there is nothing to do, 2 when there is something (held and waiting included), 1 on errors.

    Examples: `reconciler plan`, `reconciler plan specs/ -o json`.
    """
    if specs_path is not None and not specs_path.is_dir():
        raise UsageError(f"{specs_path} is no directory: name the one with the specs")
    plans, loop_runs, texts = _plans(settings, specs_path.absolute() if specs_path else settings.specs)
    loud = [one for one in plans if not one.quiet]
    if output_format is Plain.JSON:
        _as_json(settings, plans, loop_runs=loop_runs)
    else:
        _for_people(settings, plans, texts)
        if not loop_runs:
            output.remark("no loop is running: heartbeats, back-off and bake timers are unknown to this plan")
    if loud:
        raise typer.Exit(EXIT_CHANGES)


def _plans(settings: Settings, directory: Path) -> tuple[tuple[Plan, ...], bool, dict[str, bytes]]:
    """The plans, whether a loop made them, and the texts they are for. Raises SpecError for broken files."""
    from reconciler.changes.sources import check_all, read_sources

    loop = session.running(settings)
    if not directory.is_dir():  # the watched one: its loop has its own way with that, nobody else has
        if loop is None:
            raise ReconcilerError(f"{directory} is not there: bring it back, or name the directory with the specs")
        output.remark(f"{directory}, which the loop watches, is gone")
        return loop.plan(None), True, {}
    sources = read_sources([directory], settings.policy)
    check_all(sources, strict=False)
    texts = sources.named()
    if loop is not None:
        return loop.plan(texts), True, texts
    from reconciler.loop.offline import offline_plan

    return offline_plan(settings, texts), False, texts


def _for_people(settings: Settings, plans: tuple[Plan, ...], texts: dict[str, bytes]) -> None:
    from reconciler.cli.changes import changes_since_last
    from reconciler.console.plan_view import plan_view
    from reconciler.console.terminal import glyphs_of, text_width

    console = output.console()
    acting = {one.cluster for one in plans if not one.quiet}
    output.show(
        plan_view(
            plans,
            text_width(console),
            glyphs=glyphs_of(console),
            changes=changes_since_last(settings, texts, acting),
        )
    )


def _as_json(settings: Settings, plans: tuple[Plan, ...], *, loop_runs: bool) -> None:
    from reconciler.api.encode import plan_dict

    output.emit_json(
        {
            "environment": settings.env,
            "loop": {"running": loop_runs},
            "nothing_to_do": all(one.quiet for one in plans),
            "plans": [plan_dict(one) for one in plans if not one.quiet],
        }
    )
