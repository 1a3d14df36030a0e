"""`reconciler plan` as text: each action with a sign, its subject and its cause; what waits; what is held.

Before: the Plans that a pass would carry out. After: cli prints it. + makes, - ends, ~ changes or replaces.
"""

from collections.abc import Mapping, Sequence

from rich.text import Text

from reconciler.console.differences import Difference
from reconciler.console.glyphs import UNICODE, Glyphs
from reconciler.console.layout import clean, columns, hanging, joined, wrap
from reconciler.plan.actions import Action, CreateInstance, PullImage
from reconciler.plan.plan import Plan, Wait

_STYLES = {"+": "green", "-": "red", "~": "yellow", "": "dim", "!": "bold yellow"}
_INDENT = 2


def plan_view(
    plans: Sequence[Plan],
    width: int | None = 80,
    *,
    glyphs: Glyphs = UNICODE,
    changes: Mapping[str, Sequence[Difference]] | None = None,
) -> Text:
    """Every plan that isn't quiet, cluster by cluster, and a line that counts; `changes` is by cluster."""
    loud = [plan for plan in plans if not plan.quiet]
    if not loud:
        return Text("Nothing to do: what runs is what the specs say.", "green")
    lines: list[Text] = []
    for plan in loud:
        lines += _cluster(plan, width, glyphs, (changes or {}).get(plan.cluster, ()))
        lines.append(Text())
    return joined([*lines, *hanging(Text(), summary(loud), indent=0, width=width, style="bold")])


def sign(action: Action) -> str:
    """+ for what will be there, - for what will be gone, ~ for what becomes another."""
    if isinstance(action, CreateInstance):
        return "~" if action.replaces else "+"
    if isinstance(action, PullImage):
        return "+"
    return "~" if action.kind in ("publish", "activate", "deactivate") else "-"


def verb(action: Action) -> str:
    """The action's word; a create that takes another's number replaces it."""
    return "replace" if isinstance(action, CreateInstance) and action.replaces else action.kind


def _cluster(plan: Plan, width: int | None, glyphs: Glyphs, changes: Sequence[Difference]) -> list[Text]:
    rows = [(sign(a), verb(a), clean(a.subject), a.cause) for a in plan.actions]
    rows += [("", "wait", wait.reason, wait.message) for wait in plan.waits]
    if plan.held:
        rows.append(("!", "held", plan.held.reason, plan.held.message))
    lines = [Text.assemble((clean(plan.cluster), "bold"), (_makes(plan), "dim"))]
    lines += _changes(changes, width, glyphs)
    heads = columns([[Text(f"{s:1}"), Text(v), Text(what)] for s, v, what, _ in rows], gap=1)
    indent = min(max((head.cell_len for head in heads), default=0), 30 if width else 10_000) + _INDENT + 2
    for head, (mark, _, _, why) in zip(heads, rows, strict=True):
        lines += _row(head, mark, why, indent, width)
    return lines


def _makes(plan: Plan) -> str:
    """The revisions that would be made more of, behind the cluster's name."""
    revisions = sorted({action.revision for action in plan.actions if isinstance(action, CreateInstance)})
    return f"  {', '.join(revisions)}" if revisions else ""


def _row(head: Text, mark: str, why: str, indent: int, width: int | None) -> list[Text]:
    label = Text(" " * _INDENT).append(head.plain, _STYLES[mark])
    if label.cell_len + 2 <= indent:
        return hanging(label, why, indent=indent, width=width)
    return [label, *hanging(Text(), why, indent=_INDENT + 4, width=width)]


def _changes(changes: Sequence[Difference], width: int | None, glyphs: Glyphs) -> list[Text]:
    lines = []
    longest = max((len(change.field) for change in changes), default=0)
    indent = min(longest, 28) + _INDENT + 2
    for change in changes:
        text = f"{change.before} {glyphs.arrow} {change.after}"
        label = Text(" " * (_INDENT + 2)).append(clean(change.field), "cyan")
        if label.cell_len + 2 > indent + 2:
            lines += [label, *_indented(text, indent, width)]
        else:
            lines += hanging(label, text, indent=indent + 2, width=width)
    return lines


def _indented(text: str, indent: int, width: int | None) -> list[Text]:
    room = None if width is None else width - indent - 2
    return [Text(" " * (indent + 2) + part) for part in wrap(text, room)]


def summary(plans: Sequence[Plan]) -> str:
    """One line that counts: `Plan: 2 create, 1 remove; 1 waiting; 1 held.` and the like."""
    counts: dict[str, int] = {}
    for plan in plans:
        for action in plan.actions:
            counts[verb(action)] = counts.get(verb(action), 0) + 1
    parts = [", ".join(f"{count} {word}" for word, count in counts.items()) or "no actions"]
    waiting = sum(1 for plan in plans if plan.waits)
    held = [plan.held for plan in plans if plan.held]
    if waiting:
        parts.append(f"{waiting} waiting")
    if held:
        parts.append(f"{len(held)} held")
    return f"Plan: {'; '.join(parts)}."


def wait_sentence(wait: Wait) -> str:
    """A wait on one line."""
    return f"{wait.reason}: {wait.message}"
