"""`new` and `schema`: a first spec to start from, and the format for editors.

Before: main. After: spec.edit (the template), spec.schema (the format).
"""

from typing import Annotated

import typer

from reconciler.cli import output
from reconciler.cli.options import environment
from reconciler.errors import ReconcilerError, UsageError
from reconciler.loop.settings import Settings

app = typer.Typer()

_DEFAULT_IMAGE = "reconciler/base:latest"
_SCHEMA_FILE = ".reconciler-schema.json"


@app.command(rich_help_panel="Change")
@environment
def new(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="The cluster's name: small letters, digits and dashes.")],
    image: Annotated[str, typer.Option("--image", help="What its containers are made from.")] = _DEFAULT_IMAGE,
    task: Annotated[bool, typer.Option("--task", help="A task, which runs once to completion.")] = False,
) -> None:
    """Write a first spec with comments that explain the format into the specs directory.

    Examples: `reconciler new webapp --image nginx:1.27`, `reconciler new migration --task`.
    """
    from reconciler.changes.placing import place
    from reconciler.cli.settings import watched
    from reconciler.spec.edit import new_spec, new_task
    from reconciler.spec.names import label
    from reconciler.spec.parse import parse_cluster
    from reconciler.spec.policy import Policy
    from reconciler.spec.schema import schema_text

    wrong = label(name)
    if wrong is not None:
        raise UsageError(f"{'; '.join(wrong)} (nothing was written)")
    taken = [p for p in (settings.specs / f"{name}.yaml", settings.specs / f"{name}.yml") if p.exists()]
    if taken:
        raise UsageError(f"{taken[0]} is there already: edit it, or choose another name")
    text = (new_task if task else new_spec)(name, image, schema=_SCHEMA_FILE).encode()
    parse_cluster(text, file=f"{name}.yaml", policy=Policy())
    if not settings.specs.is_dir() and settings.specs == watched(settings.state):
        raise ReconcilerError(f"{settings.specs}, which the loop watches, is gone; bring it back (nothing was changed)")
    settings.specs.mkdir(parents=True, exist_ok=True)
    place(settings.specs, {f"{name}.yaml": text, _SCHEMA_FILE: schema_text().encode()})
    output.say(f"{settings.specs / f'{name}.yaml'} written")
    output.remark("edit it; a running loop follows each save, `reconciler run` starts one")


@app.command(rich_help_panel="Change")
def schema(
    drill: Annotated[bool, typer.Option("--drill", help="The format of drills instead.")] = False,
    api: Annotated[bool, typer.Option("--api", help="The OpenAPI document of the REST API instead.")] = False,
) -> None:
    """Print the spec format as a JSON Schema (2020-12), for editors and other tools.

    Examples: `reconciler schema > .reconciler-schema.json`, `reconciler schema --api > openapi.json`.
    """
    if drill and api:
        raise UsageError("--drill, --api: one of them at a time")
    if api:
        import json

        from reconciler.api.http.app import document

        output.say(json.dumps(document(), indent=2, ensure_ascii=False))
        return
    if drill:
        from reconciler.drill.reading import schema_text
    else:
        from reconciler.spec.schema import schema_text

    output.say(schema_text().rstrip("\n"))
