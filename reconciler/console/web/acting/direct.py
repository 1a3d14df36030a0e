"""What changes no file: one instance ended, held deletions let go on, a zone closed or opened, the directory read anew.

Before: the frame. After: api.services. Ending the loop isn't offered: whoever runs it ends it where it was begun.
"""

from reconciler.console.web.acting.changing import BAD_INPUT, BY
from reconciler.console.web.acting.chaos import zones_of
from reconciler.console.web.acting.fields import Fields, FormError
from reconciler.console.web.acting.offers import why_not_terminate
from reconciler.console.web.page import NotThereError, Page, Redirect, Scene
from reconciler.errors import ReconcilerError
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict

_OWN_PATH = "/"


def terminate(scene: Scene) -> Page | Redirect:
    """First what would happen, then, when that was seen (`sure`), the end of one instance."""
    cluster, instance = _instance(scene, scene.form.get("instance", "").strip())
    name = f"{cluster.name}-{instance.number}"
    lack = why_not_terminate(cluster, instance)
    seen = scene.form.get("id", instance.id)
    if seen != instance.id:
        lack = f"another container has the number {instance.number} by now; nothing was ended"
    if not lack and scene.form.get("sure") == "yes":
        try:
            return Redirect(to=f"/tasks/{scene.services.containers.terminate(name, BY).id}")
        except ReconcilerError as error:
            lack = str(error)
    others = [i for i in cluster.instances if i.verdict is Verdict.READY and i.number != instance.number]
    values = {
        "cluster": cluster, "instance": instance, "name": name, "others": len(others), "lack": lack,
        "back": f"/clusters/{cluster.name}/instances/{instance.number}",
    }  # fmt: skip
    status = BAD_INPUT if lack else 200
    return Page(template="terminate.html", title=f"Terminate {name}?", values=values, status=status)


def _instance(scene: Scene, name: str) -> tuple[ClusterStatus, InstanceStatus]:
    for cluster in scene.services.loop.status().clusters:
        for instance in cluster.instances:
            if name == f"{cluster.name}-{instance.number}":
                return cluster, instance
    raise NotThereError(f"there is no instance {name} (any more)")


def confirm_held(scene: Scene) -> Page | Redirect:
    """First whom it would remove, then their removal. `name` empty: all that are held."""
    name = scene.form.get("name", "").strip()
    world = scene.services.loop.status()
    held = [cluster for cluster in world.clusters if _held(cluster) and name in ("", cluster.name)]
    error = ""
    if scene.form.get("sure") == "yes":
        try:
            released = scene.services.loop.confirm((name,) if name else None)
        except ReconcilerError as refusal:
            error = str(refusal)
        else:
            told = [f"{one} is being removed." for one in released] or ["Nothing was held any more."]
            return _done("Held deletions", told, "/")
    values = {"held": held, "sentences": world.held, "name": name, "error": error}
    status = BAD_INPUT if error else 200
    return Page(template="confirm.html", title="Let held deletions go on?", values=values, status=status)


def _held(cluster: ClusterStatus) -> bool:
    return any(c.type == "Held" and c.status == "True" for c in cluster.conditions)


def close_zone(scene: Scene) -> Page | Redirect:
    """Take a zone out of service, for a while or until it is opened."""
    fields = Fields(scene.form)
    zone, seconds = fields.text("zone"), fields.seconds("seconds")
    try:
        fields.check()
        remarks = scene.services.loop.close_zone(zone, seconds, fields.text("why"))
    except FormError as error:
        return _zone_again(scene, zone, error.errors)
    except ReconcilerError as error:
        return _zone_again(scene, zone, {"": str(error)})
    if remarks:
        return _done(f"Zone {zone} is closed", list(remarks), _zone_path(scene, zone))
    return Redirect(to=_zone_path(scene, zone))


def open_zone(scene: Scene) -> Page | Redirect:
    """Put a zone into service again."""
    zone = scene.form.get("zone", "").strip()
    try:
        scene.services.loop.open_zone(zone)
    except ReconcilerError as error:
        return _zone_again(scene, zone, {"": str(error)})
    return Redirect(to=_zone_path(scene, zone))


def _zone_again(scene: Scene, zone: str, errors: dict[str, str] | object) -> Page:
    values = {"zone": zone, "errors": errors, "form": scene.form, "back": _zone_path(scene, zone)}
    return Page(template="zone_form.html", title=f"Close zone {zone}", values=values, status=BAD_INPUT)


def _zone_path(scene: Scene, zone: str) -> str:
    return f"/zones/{zone}" if zone in zones_of(scene.services.loop.status()) else "/"


def rescan(scene: Scene) -> Page | Redirect:
    """Read the directory now."""
    try:
        scene.services.loop.rescan()
    except ReconcilerError as error:
        return _done("The directory wasn't read", [str(error)], _OWN_PATH)
    return Redirect(to=_OWN_PATH)


def _done(title: str, sentences: list[str], on: str) -> Page:
    return Page(template="done.html", title=title, values={"sentences": sentences, "on": on})
