"""The live dashboard: the whole environment on one screen, as much of each cluster as there is room for.

Before: WorldStatus and the newest events. After: live shows it again and again; picture exports it.
Clusters in trouble keep their place longest; healthy ones shrink to a line first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from reconciler.console.cards import Card, card, one_line
from reconciler.console.events_view import clock, reason
from reconciler.console.glyphs import UNICODE, Glyphs, State, state_of
from reconciler.console.layout import clean, columns, fit, hanging
from reconciler.console.notes import alarms, command, loop_line, no_loop_hint
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus
from reconciler.state.event import Event

_NAME_KINDS = frozenset({"publish", "withdraw"})  # they follow from the others; `reconciler events` has them all
_EVENTS = 6
_CALM: frozenset[State] = frozenset({"Ready", "Empty", "Suspended"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where it is shown: cells, lines (None: as many as it takes), signs, the time for its corner."""

    width: int
    height: int | None
    glyphs: Glyphs = UNICODE
    time: str = ""
    footer: str = "Ctrl-C leaves; the loop goes on"


def dashboard(world: WorldStatus, events: Sequence[Event], screen: Screen) -> RenderableType:
    """The screen's content, never more lines than it has (but always the head and the alarms)."""
    head = [*_head(world, screen), *_alarms(world, screen)]
    foot = [_foot(screen)]
    recent = _recent(events, screen)
    if screen.height is None:
        return Group(*head, *_cards(world, screen, None), *recent, *foot)
    room = screen.height - len(head) - len(foot)
    body = _cards(world, screen, room - len(recent))
    spare = room - _lines(body) - len(recent)
    if spare < 0:
        # Events are the first to go: what is now matters more than what was.
        keep = max(len(recent) + spare, 0)
        recent = [recent[0], *recent[len(recent) - keep + 1 :]] if keep >= 2 else []
    return Group(*head, *body, *recent, *foot)


def _lines(cards: Sequence[RenderableType]) -> int:
    return sum(c.height if isinstance(c, Card) else 1 for c in cards)


def _head(world: WorldStatus, screen: Screen) -> list[Text]:
    left = Text.assemble((" reconciler ", "bold reverse"), " ")
    left.append(fit(loop_line(world, screen.glyphs.dot), screen.width - left.cell_len - 10, screen.glyphs))
    line = Text(no_wrap=True).append_text(left)
    line.append(" " * max(screen.width - line.cell_len - len(screen.time), 1)).append(screen.time, "dim")
    return [line, _tally(world, screen), Text()]


def _tally(world: WorldStatus, screen: Screen) -> Text:
    """The whole environment as one bar: how many are ready of how many are wanted."""
    desired = sum(c.desired for c in world.clusters)
    ready = sum(c.ready for c in world.clusters)
    trouble = sum(1 for c in world.clusters if state_of(c) not in _CALM)
    words = f" {ready} of {desired} ready in {_plural(len(world.clusters), 'cluster')}"
    words += f", {trouble} to look at" if trouble else ""
    width = max(min(screen.width - len(words) - 1, 60), 4)
    filled = width if desired == 0 else min(width, round(width * ready / desired))
    style = "green" if not trouble else "yellow"
    return Text.assemble(
        " ",
        (screen.glyphs.full * filled, style),
        (screen.glyphs.empty * (width - filled), "dim"),
        words[: max(screen.width - width - 1, 0)],
    )


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _alarms(world: WorldStatus, screen: Screen) -> list[Text]:
    lines: list[Text] = []
    if not world.loop_running:
        label = Text(f" {screen.glyphs.alarm} No loop", "bold yellow")
        lines += hanging(label, no_loop_hint(world), indent=15, width=screen.width - 1)
    for note in alarms(world):
        mark = f" {screen.glyphs.alarm} " if note.label else "   "
        label = Text(mark + note.label, note.style)
        lines += hanging(label, note.text, indent=15, width=screen.width - 1)
    return [*lines, Text()] if lines else []


def _cards(world: WorldStatus, screen: Screen, room: int | None) -> list[RenderableType]:
    if not world.clusters:
        hint = f" no clusters yet; make a first one: {command(world.environment, 'new hello')}"
        return [Text(fit(hint, screen.width, screen.glyphs)), Text()]
    closed = frozenset(zone.zone for zone in world.closed_zones)
    cards: dict[str, Card] = {
        c.name: card(c, width=screen.width, glyphs=screen.glyphs, env=world.environment, closed=closed)
        for c in world.clusters
    }
    if room is None:
        return list(cards.values())
    return _squeeze(world.clusters, cards, screen, room)


def _squeeze(
    clusters: Sequence[ClusterStatus], cards: dict[str, Card], screen: Screen, room: int
) -> list[RenderableType]:
    """Turn cards into lines, the calmest and largest first, until they fit; then count the rest."""
    short: set[str] = set()
    by_calm = sorted(clusters, key=lambda c: (state_of(c) not in _CALM, -cards[c.name].height))
    for cluster in by_calm:
        height = sum(1 if c.name in short else cards[c.name].height for c in clusters)
        if height <= room:
            break
        short.add(cluster.name)
    shown = sorted(clusters, key=lambda c: (state_of(c) in _CALM and c.name in short, c.name in short))
    whole: list[RenderableType] = [cards[c.name] for c in shown if c.name not in short]
    lines = one_line([c for c in shown if c.name in short], width=screen.width, glyphs=screen.glyphs)
    free = max(room - _lines(whole), 1)
    if len(lines) > free:
        left_out = len(lines) - free + 1
        more = Text(f" {screen.glyphs.ellipsis} {_plural(left_out, 'more cluster')}: reconciler status", "dim")
        lines = [*lines[: free - 1], more]
    return [*whole, *lines]


def _recent(events: Sequence[Event], screen: Screen) -> list[Text]:
    newest = [event for event in events if event.kind not in _NAME_KINDS or event.result == "failed"][-_EVENTS:]
    if not newest:
        return []
    rows = columns(
        [
            [
                Text(" " + clock(e.at), "dim"),
                Text(e.kind, "red" if e.result == "failed" else "cyan"),
                Text(fit(e.subject, max(screen.width // 5, 10), screen.glyphs)),
                Text(clean(reason(e)), "red" if e.result == "failed" else ""),
            ]
            for e in newest
        ]
    )
    title = Text(" Events", "bold")
    return [title, *(_cut(row, screen) for row in rows)]


def _cut(line: Text, screen: Screen) -> Text:
    if line.cell_len > screen.width:
        line.truncate(screen.width - len(screen.glyphs.ellipsis))
        line.append(screen.glyphs.ellipsis)
    return line


def _foot(screen: Screen) -> Text:
    signs = "  ".join(f"{screen.glyphs.verdict(v)} {v.value}" for v in Verdict)
    line = f" {signs}"
    if screen.footer and len(line) + len(screen.footer) + 2 <= screen.width:
        line += " " * (screen.width - len(line) - len(screen.footer)) + screen.footer
    return Text(fit(line, screen.width, screen.glyphs), "dim")
