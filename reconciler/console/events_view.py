"""`reconciler events` as text: when, what, on what, why, and how long it took.

Before: state.event. After: cli prints it once or follows it. Times are the reader's local ones.
"""

import time
from collections.abc import Sequence

from rich.text import Text

from reconciler.console.glyphs import UNICODE, Glyphs
from reconciler.console.layout import columns, duration, fit, hanging, joined
from reconciler.state.event import Event

_RESULT_STYLES = {"done": "green", "failed": "bold red", "note": "cyan"}


def events_view(events: Sequence[Event], width: int | None = 80, *, glyphs: Glyphs = UNICODE) -> Text:
    """One event a line, oldest first, its cause wrapped below itself; `width` None keeps each on one line."""
    if not events:
        return Text("no events yet")
    heads = columns([_head(event, width, glyphs) for event in events])
    indent = max(head.cell_len for head in heads) + 2
    lines: list[Text] = []
    for head, event in zip(heads, events, strict=True):
        lines += hanging(head, reason(event), indent=indent, width=width, style=_reason_style(event))
    return joined(lines)


def _head(event: Event, width: int | None, glyphs: Glyphs) -> list[Text]:
    subject = event.subject or event.cluster or "-"
    return [
        Text(clock(event.at), "dim"),
        Text(event.kind, _RESULT_STYLES[event.result]),
        Text(fit(subject, 10_000 if width is None else max(width // 4, 12), glyphs)),
    ]


def reason(event: Event) -> str:
    """Why it happened, what went wrong, how long it took, in one sentence."""
    text = event.cause
    if event.message:
        text = f"{text}: {event.message}" if text else event.message
    if event.result == "failed":
        text = f"FAILED {text}"
    took = duration(event.duration_seconds)
    return f"{text} ({took})" if took else text


def _reason_style(event: Event) -> str:
    return "red" if event.result == "failed" else ""


def moment(at: float) -> str:
    """Local date and time of day, of what may be days away."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def clock(at: float) -> str:
    """Local time of day; `-o json` carries the whole instant."""
    return time.strftime("%H:%M:%S", time.localtime(at))
