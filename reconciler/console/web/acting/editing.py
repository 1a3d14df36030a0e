"""The two long forms: a spec file's text, and the next group; as they open, and as they come back with what was typed.

Before: the frame (GET), changing (after a mistake). After: edit.html, new.html, next_group.html. Nothing is changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.api.services import SpecFile
from reconciler.console.web.acting.offers import of_cluster
from reconciler.console.web.acting.wanting import cluster_of, plain_text, rows_of
from reconciler.console.web.page import NotThereError, Page, Scene
from reconciler.errors import Problem, ReconcilerError, SpecError
from reconciler.spec.edit import new_spec, new_task
from reconciler.spec.extents import read_tree
from reconciler.spec.names import image, label
from reconciler.spec.nodes import Mapping as Entries
from reconciler.spec.nodes import Node, Scalar
from reconciler.spec.report import Path

STRATEGIES = ("rolling", "red-black", "canary", "in-place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One variable: `was` and `had` are name and value as the file has them, empty where it is new."""

    name: str = ""
    value: str = ""
    was: str = ""
    had: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A problem at its line (from 1), with the line as it was typed."""

    line: int
    column: int
    says: str
    text: str


def edit(scene: Scene) -> Page:
    """A cluster's file in an editor."""
    name = scene.params["name"]
    spec = _file_of(scene, name)
    values = _editor(file=spec.file, text=spec.text, read=spec.base, name=name)
    unread = _marked(spec.text, _unread(scene, spec.file))
    return Page(template="edit.html", title=f"Edit {spec.file}", values={**values, "unread": unread})


def _unread(scene: Scene, file: str) -> tuple[Problem, ...]:
    """Why the loop can't read a file as it is now."""
    world = scene.services.loop.status()
    told = (*world.problems, *(problem for cluster in world.clusters for problem in cluster.problems))
    return tuple(problem for problem in told if problem.file == file)


def new(scene: Scene) -> Page:
    """A new cluster: first its name and image, then its file, filled in, in the editor. Nothing is kept between."""
    name, reference = scene.query.get("name", "").strip(), scene.query.get("image", "").strip()
    task = scene.query.get("task") == "yes"
    asked = "name" in scene.query
    if lost := _lost_text(scene, name):
        values = _editor(file=f"{name}.yaml", text=lost, read="", name=name)
        return Page(template="edit.html", title=f"Again: {name}.yaml", values=values)
    errors = _new_errors(scene, name, reference) if asked else {}
    if asked and not errors:
        text = (new_task if task else new_spec)(name, reference)
        values = _editor(file=f"{name}.yaml", text=text, read="", name="")
        return Page(template="edit.html", title=f"New: {name}.yaml", values=values)
    values = {"name": name, "image": reference, "task": task, "errors": errors}
    return Page(template="new.html", title="New cluster", values=values, status=400 if errors else 200)


def _lost_text(scene: Scene, name: str) -> str:
    """What the file of a cluster said last that has none any more; empty where that isn't so, or isn't known."""
    for cluster in scene.services.loop.status().clusters:
        if cluster.name == name and not of_cluster(cluster).file:
            return next((kept.text.decode() for kept in scene.services.loop.revisions(name) if kept.text), "")
    return ""


def _new_errors(scene: Scene, name: str, reference: str) -> dict[str, str]:
    errors = {}
    if (wrong := label(name)) is not None:
        errors["name"] = "; ".join(wrong)
    elif any(one.name == name and of_cluster(one).file for one in scene.services.loop.status().clusters):
        errors["name"] = f"there is a cluster {name} already; edit its file instead"
    if (wrong := image(reference, require_digest=False)) is not None:
        errors["image"] = "; ".join(wrong)
    return errors


def next_group(scene: Scene) -> Page:
    """The next revision of a cluster, prefilled from its file."""
    name = scene.params["name"]
    spec = _file_of(scene, name)
    nodes = _nodes(spec)
    strategy, reference = _word(nodes.get(("rollout", "strategy"))), _word(nodes.get(("image",)))
    rows = _rows(nodes.get(("environment",)))
    values = _group(
        name, read=spec.base, reference=reference, had=reference, strategy=strategy, strategy_had=strategy, rows=rows
    )
    return Page(template="next_group.html", title=f"Next group of {name}", values=values)


def editor_again(scene: Scene, errors: Mapping[str, str], problems: tuple[Problem, ...], status: int) -> Page:
    """The editor with what was typed."""
    form = scene.form
    file = form.get("file", "")
    values = _editor(
        file=file,
        text=plain_text(form.get("text", "")),
        read=form.get("read", ""),
        name=cluster_of(form) if form.get("read") else "",
    )
    title = f"Edit {file}" if form.get("read") else f"New: {file}"
    return Page(
        template="edit.html",
        title=title,
        values={**values, "errors": dict(errors), "problems": problems, "marked": _marked(values["text"], problems)},
        status=status,
    )


def next_group_again(scene: Scene, errors: Mapping[str, str], problems: tuple[Problem, ...], status: int) -> Page:
    """The next group's form with what was typed."""
    form = scene.form
    rows = [
        Row(
            name=form.get(f"env-name-{n}", ""),
            value=form.get(f"env-value-{n}", ""),
            was=form.get(f"env-was-{n}", ""),
            had=form.get(f"env-had-{n}", ""),
            error=errors.get(f"env-name-{n}", ""),
        )
        for n in rows_of(form)
    ]
    name = form.get("name", "")
    values = _group(
        name,
        read=form.get("read", ""),
        reference=form.get("image", ""),
        had=form.get("image-had", ""),
        strategy=form.get("strategy", ""),
        strategy_had=form.get("strategy-had", ""),
        rows=[row for row in rows if row.name or row.value or row.was],
    )
    return Page(
        template="next_group.html",
        title=f"Next group of {name}",
        values={**values, "errors": dict(errors), "problems": problems},
        status=status,
    )


def _editor(*, file: str, text: str, read: str, name: str) -> dict[str, Any]:
    return {
        "file": file, "text": text, "read": read, "name": name, "errors": {}, "problems": (), "marked": (),
        "unread": (),
        "back": f"/clusters/{name}" if name else "/",
        "rows": max(16, min(40, text.count("\n") + 3)),
    }  # fmt: skip


def _marked(text: str, problems: tuple[Problem, ...]) -> tuple[Mark, ...]:
    """The problems in the order of their lines, each with the line as it was typed."""
    lines = text.split("\n")
    return tuple(
        Mark(line=one.line, column=one.column, says=str(one), text="".join(lines[one.line - 1 : one.line])[:_LONGEST])
        for one in sorted(problems, key=lambda one: (one.line, one.column))
    )


_LONGEST = 200
_SPARE_ROWS = 3
"""Empty rows at the end, so that variables can be added where no script runs."""


def _group(
    name: str, *, read: str, reference: str, had: str, strategy: str, strategy_had: str, rows: list[Row]
) -> dict[str, Any]:
    return {
        "name": name, "read": read, "image": reference, "image_had": had,
        "strategy": strategy, "strategy_had": strategy_had,
        "rows": [*rows, *(Row() for _ in range(_SPARE_ROWS))],
        "strategies": STRATEGIES, "errors": {}, "problems": (), "back": f"/clusters/{name}",
    }  # fmt: skip


def _file_of(scene: Scene, name: str) -> SpecFile:
    try:
        return scene.services.changes.spec(name)
    except ReconcilerError as error:
        raise NotThereError(str(error)) from error


def _nodes(spec: SpecFile) -> Mapping[Path, Node]:
    """What the file says and where, as far as it can be read."""
    try:
        return read_tree(spec.text, spec.file).nodes
    except SpecError:
        return {}


def _rows(environment: Node | None) -> list[Row]:
    """Values as they are written: 010 stays 010."""
    entries = environment.entries if isinstance(environment, Entries) else ()
    said = [(key.text, _word(value)) for key, value in entries]
    return [Row(name=name, value=value, was=name, had=value) for name, value in said]


def _word(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
