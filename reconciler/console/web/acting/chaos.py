"""Faults on purpose: those in force, a form for each kind, the leashed preview, and what unleashes or heals.

Before: the frame. After: api.services.Faults, which refuses in sentences. Never here: who may be hit.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.console.web.acting.changing import BAD_INPUT, BY
from reconciler.console.web.acting.faulting import KINDS, SHAPES, SIDE, request_of
from reconciler.console.web.acting.fields import FormError, carried
from reconciler.console.web.page import Page, Redirect, Scene
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.status import WorldStatus

_MOST_NAMED = 200
_FIELDS = {
    "cluster": "name",
    "sides": "shape",
    **{one: one for one in ("name", "zone", "seed", "shape", "percent", "workers", "size", "path", "seconds")},
}
"""Which field of the form a part of the request came from."""
_IN_THE_FORM = {
    "say --anyway": "tick “Also during a hold or an outage”",
    "spare them with --spare": "tick “Leave alone who doesn't allow it”",
}
"""What a refusal says to do on the command line, as it is done here."""


def chaos(scene: Scene) -> Page:
    """What is in force, and the forms; `?kind=freeze&name=web-1` opens and fills one."""
    return _forms(scene, scene.query, {})


def preview(scene: Scene) -> Page | Redirect:
    """On the leash: whom it would hit; nothing is done."""
    if scene.form.get("edit"):
        return _forms(scene, scene.form, {})
    try:
        request = request_of(scene.form)
        found = scene.services.faults.leashed(request)
    except (FormError, ReconcilerError) as error:
        return _forms(scene, scene.form, _errors(error))
    fields = carried(scene.form)
    if found.seed is not None:  # so that those who are shown are those who are hit
        fields["seed"] = str(found.seed)
    values = {"preview": found, "fields": fields, "word": _word(scene.form.get("kind", ""))}
    return Page(template="leashed.html", title=f"On the leash: {found.says}", values=values)


def unleash(scene: Scene) -> Page | Redirect:
    """Do it; the task holds it for its time and undoes it."""
    try:
        operation = scene.services.faults.unleash(request_of(scene.form), BY)
    except (FormError, ReconcilerError) as error:
        return _forms(scene, scene.form, _errors(error))
    return Redirect(to=f"/tasks/{operation.id}")


def heal(scene: Scene) -> Page | Redirect:
    """End one fault, or all of them."""
    try:
        ended = scene.services.faults.heal(scene.form.get("fault") or None)
    except ReconcilerError as error:
        return _forms(scene, {}, {"": str(error)})
    return _forms(scene, {}, {}, told=[f"Healed: {one}" for one in ended] or ["No fault was in force any more."])


def _errors(error: FormError | ReconcilerError) -> Mapping[str, str]:
    """By field, where the service names one: `field: sentence`, a line for each."""
    if isinstance(error, FormError):
        return error.errors
    found: dict[str, str] = {}
    told = str(error)
    for typed, ticked in _IN_THE_FORM.items():
        told = told.replace(typed, ticked)
    for line in told.splitlines():
        name, colon, sentence = line.partition(": ")
        known = isinstance(error, UsageError) and colon and name in _FIELDS
        found[_FIELDS[name] if known else ""] = sentence if known else line
    return found


def _word(kind: str) -> str:
    return next((one.word for one in KINDS if one.kind == kind), kind)


def _forms(scene: Scene, form: Mapping[str, str], errors: Mapping[str, str], *, told: list[str] | None = None) -> Page:
    world = scene.services.loop.status()
    values: dict[str, Any] = {
        "faults": world.faults,
        "kinds": KINDS,
        "shapes": SHAPES,
        "side": SIDE,
        "zones": zones_of(world),
        "targets": _targets(world),
        "allowed": [cluster.name for cluster in world.clusters if cluster.chaos],
        "form": form,
        "open_kind": form.get("kind", ""),
        "errors": dict(errors),
        "told": told or [],
    }
    return Page(template="chaos.html", title="Chaos", values=values, status=BAD_INPUT if errors else 200)


def zones_of(world: WorldStatus) -> tuple[str, ...]:
    """Every zone that somebody names or that is closed."""
    named = {zone for cluster in world.clusters for zone in cluster.zones}
    return tuple(sorted(named | {closed.zone for closed in world.closed_zones}))


def _targets(world: WorldStatus) -> list[str]:
    """What can be typed as a name: clusters, and instances where they aren't too many to list."""
    clusters = [cluster.name for cluster in world.clusters]
    instances = [f"{c.name}-{i.number}" for c in world.clusters for i in c.instances if i.id]
    return clusters + (instances if len(instances) <= _MOST_NAMED else [])
