"""Changes of spec files by forms: first the page with the difference and the plan, then, on a second POST, the change.

Before: the frame, which has checked session and form token. After: api.services.Changes. A wish that can't be is told
at the form that it came from, with what was typed.
"""

from collections.abc import Mapping

from reconciler.changes.proposal import Proposal
from reconciler.changes.wishes import Delete, NextGroup, Wish, Write
from reconciler.console.web.acting import editing
from reconciler.console.web.acting.fields import FormError, carried
from reconciler.console.web.acting.proposing import shown
from reconciler.console.web.acting.wanting import cluster_of, wish_of
from reconciler.console.web.page import Page, Redirect, Scene
from reconciler.errors import FileChanged, Problem, ReconcilerError, SpecError

BY = "console"

BAD_INPUT = 422
CONFLICT = 409


def propose(scene: Scene) -> Page | Redirect:
    """What would come of a wish; nothing is changed."""
    try:
        wish = wish_of(scene.form)
        if scene.form.get("edit"):
            return _again(scene, {}, ())
        return _page(scene, wish, scene.services.changes.propose(wish, scene.form.get("read") or None))
    except FileChanged as error:
        return _conflict(scene, error)
    except (FormError, ReconcilerError) as error:
        return refused(scene, error)


def carry_out(scene: Scene) -> Page | Redirect:
    """Do what was shown, unless a file is another one by now."""
    try:
        wish = wish_of(scene.form)
        base = scene.form.get("base", "")
        if not base:
            return _page(scene, wish, scene.services.changes.propose(wish))
        if isinstance(wish, Delete) and scene.form.get("typed", "").strip() != wish.names[0]:
            errors = {"typed": f"type {wish.names[0]} here: that is what would be deleted"}
            return _page(scene, wish, scene.services.changes.propose(wish), errors)
        operation = scene.services.changes.carry_out(wish, base, BY)
    except FileChanged as error:
        return _conflict(scene, error)
    except (FormError, ReconcilerError) as error:
        return refused(scene, error)
    return Redirect(to=f"/tasks/{operation.id}")


def _page(scene: Scene, wish: Wish, proposal: Proposal, errors: Mapping[str, str] | None = None) -> Page:
    cluster = cluster_of(scene.form)
    return Page(
        template="propose.html",
        title=proposal.says,
        values={
            "proposal": shown(proposal),
            "fields": _fields(scene.form),
            "back": back_to(scene, cluster),
            "editable": isinstance(wish, Write | NextGroup),
            "deletes": wish.names[0] if isinstance(wish, Delete) else "",
            "form": scene.form,
            "errors": dict(errors or {}),
        },
        status=BAD_INPUT if errors else 200,
    )


def _fields(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in carried(form).items() if name != "typed"}


def back_to(scene: Scene, cluster: str) -> str:
    """The cluster's page where there is such a cluster, else the environment's."""
    known = {one.name for one in scene.services.loop.status().clusters}
    return f"/clusters/{cluster}" if cluster in known else "/"


def _conflict(scene: Scene, error: FileChanged) -> Page:
    """What differs now, and what was wanted; proposed again, it starts from the file as it is."""
    fields = {name: value for name, value in carried(scene.form).items() if name not in ("read", "typed")}
    wanted, lack = None, ""
    try:
        wanted = shown(scene.services.changes.propose(wish_of(scene.form)))
    except ReconcilerError as refusal:
        lack = str(refusal)
    cluster = cluster_of(scene.form)
    return Page(
        template="conflict.html",
        title="The file has changed",
        values={
            "message": str(error),
            "difference": error.difference,
            "wanted": wanted,
            "lack": lack,
            "fields": fields,
            "edit": f"/clusters/{cluster}/edit",
            "back": back_to(scene, cluster),
        },
        status=CONFLICT,
    )


def refused(scene: Scene, error: FormError | ReconcilerError) -> Page:
    """The form that it came from again, with what was typed and what is wrong."""
    if isinstance(error, FormError):
        return _again(scene, error.errors, ())
    if isinstance(error, SpecError):
        return _again(scene, {}, error.problems)
    return _again(scene, {"": str(error)}, ())


def _again(scene: Scene, errors: Mapping[str, str], problems: tuple[Problem, ...]) -> Page:
    status = BAD_INPUT if errors or problems else 200
    kind = scene.form.get("kind", "")
    if kind == Write.kind:
        return editing.editor_again(scene, errors, problems, status)
    if kind == NextGroup.kind:
        return editing.next_group_again(scene, errors, problems, status)
    cluster = cluster_of(scene.form)
    return Page(
        template="wish.html",
        title="That can't be done",
        values={
            "kind": kind,
            "cluster": cluster,
            "errors": dict(errors),
            "problems": problems,
            "form": scene.form,
            "back": back_to(scene, cluster),
        },
        status=status,
    )
