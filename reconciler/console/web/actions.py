"""Which action a form's POST carries out: one line for each.

Before: the frame, which has checked session, origin and form token. After: the actions. Never here: a change by GET.
"""

from collections.abc import Mapping

from reconciler.console.web.acting import changing, chaos, direct, tasks
from reconciler.console.web.page import Action

ACTIONS: Mapping[str, Action] = {
    "/propose": changing.propose,
    "/carry-out": changing.carry_out,
    "/terminate": direct.terminate,
    "/confirm-held": direct.confirm_held,
    "/close-zone": direct.close_zone,
    "/open-zone": direct.open_zone,
    "/rescan": direct.rescan,
    "/preview-fault": chaos.preview,
    "/unleash": chaos.unleash,
    "/heal": chaos.heal,
    "/stop-task": tasks.stop,
}
