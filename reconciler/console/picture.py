"""The dashboard as an SVG file, made by the program itself: for the README and for showing others.

Before: WorldStatus and events. After: text of an SVG document, the same for the same input.
"""

import re
from collections.abc import Sequence
from io import StringIO

from rich.console import Console

from reconciler.console.dashboard import Screen, dashboard
from reconciler.plan.status import WorldStatus
from reconciler.state.event import Event

# A picture that fetches a font from somewhere isn't whole: the reader's own monospaced one will do.
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def picture(
    world: WorldStatus,
    events: Sequence[Event] = (),
    *,
    width: int = 110,
    time: str = "",
    title: str = "reconciler status --watch",
) -> str:
    """The SVG's text; `time` is what the clock in the corner shows."""
    console = Console(
        file=StringIO(),
        record=True,
        width=width,
        force_terminal=True,
        color_system="truecolor",
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.print(dashboard(world, events, Screen(width=width, height=None, time=time)))
    return _FONTS.sub("", console.export_svg(title=title, unique_id="reconciler"))
