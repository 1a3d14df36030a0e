"""Tasks: what was begun here or through the API, with its log as it comes, and the button that ends it early.

Before: the frame. After: api.services.Operations. What lasts is in the events; these are the newest ones only.
"""

from reconciler.api.operations import Operation, OperationState
from reconciler.changes import wishes
from reconciler.changes.following import WAITS_FOR_A_PERSON
from reconciler.console.web.page import NotThereError, Page, Redirect, Scene
from reconciler.plan.status import WorldStatus

_CHANGES = frozenset(
    kind.kind
    for kind in (
        wishes.Resize, wishes.NextGroup, wishes.Suspend, wishes.Resume, wishes.Traffic, wishes.Restart, wishes.Pause,
        wishes.GoOn, wishes.Promote, wishes.Undo, wishes.Write, wishes.Apply, wishes.Delete,
    )
)  # fmt: skip

_SHOWN_LINES = 500
"""A page that lives is rendered again for each line; the API has all of them."""


def tasks(scene: Scene) -> Page:
    """All that are known, newest first."""
    operations = scene.services.operations.all()
    world = scene.services.loop.status()
    waiting = frozenset(one.id for one in operations if waiting_of(one, world))
    return Page(template="tasks.html", title="Tasks", values={"operations": operations, "waiting": waiting})


def task(scene: Scene) -> Page:
    """One, with its log."""
    operation = _find(scene, scene.params.get("id", ""))
    log = scene.services.operations.log(operation.id, 0)
    values = {
        "operation": operation,
        "log": log[-_SHOWN_LINES:],
        "earlier": max(0, len(log) - _SHOWN_LINES),
        "running": operation.state is OperationState.RUNNING,
        "follows": operation.kind in _CHANGES,
        "waiting": waiting_of(operation, scene.services.loop.status()),
    }
    return Page(template="task.html", title=f"Task {operation.id}: {operation.says}", values=values)


def waiting_of(operation: Operation, world: WorldStatus) -> tuple[str, ...]:
    """The clusters that a change has brought to where a person judges, and that still wait for it."""
    if operation.state is not OperationState.DONE or not operation.outcome.startswith(f"{WAITS_FOR_A_PERSON}: "):
        return ()
    return tuple(one.name for one in world.clusters if one.name in operation.clusters and one.awaits_person)


def stop(scene: Scene) -> Page | Redirect:
    """End it early; where it has ended by itself meanwhile, its page says so."""
    operation = _find(scene, scene.form.get("id", ""))
    scene.services.operations.stop(operation.id)
    return Redirect(to=f"/tasks/{operation.id}")


def _find(scene: Scene, id: str) -> Operation:
    found = scene.services.operations.find(int(id)) if id.isascii() and id.isdigit() and len(id) < 10 else None
    if found is None:
        message = f"there is no task {id}: the newest 200 are kept, until the loop ends; what happened is in the events"
        raise NotThereError(message)
    return found
