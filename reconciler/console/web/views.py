"""Which page answers at which path: one line for each view.

Before: the frame, which routes by this table. After: the views. Never here: what a page shows.
"""

from collections.abc import Mapping

from reconciler.console.web.acting import chaos, editing, tasks
from reconciler.console.web.page import View
from reconciler.console.web.pages.cluster import cluster
from reconciler.console.web.pages.environment import environment
from reconciler.console.web.pages.events import events
from reconciler.console.web.pages.group import group
from reconciler.console.web.pages.instance import instance
from reconciler.console.web.pages.names import names
from reconciler.console.web.pages.zone import zone

VIEWS: Mapping[str, View] = {
    "/": environment,
    "/clusters/{name}": cluster,
    "/clusters/{name}/groups/{revision}": group,
    "/clusters/{name}/instances/{number}": instance,
    "/events": events,
    "/names": names,
    "/zones/{zone}": zone,
    "/clusters/{name}/edit": editing.edit,
    "/clusters/{name}/next-group": editing.next_group,
    "/new": editing.new,
    "/tasks": tasks.tasks,
    "/tasks/{id}": tasks.task,
    "/chaos": chaos.chaos,
}
