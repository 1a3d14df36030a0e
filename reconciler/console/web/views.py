"""Which page answers at which path: one line for each view.

Before: the frame, which routes by this table. After: the views. Never here: what a page shows.
"""

from collections.abc import Mapping

from reconciler.console.web.page import View

VIEWS: Mapping[str, View] = {}
