"""Which action a form's POST carries out: one line for each.

Before: the frame, which has checked session, origin and form token. After: the actions. Never here: a change by GET.
"""

from collections.abc import Mapping

from reconciler.console.web.page import Action

ACTIONS: Mapping[str, Action] = {}
