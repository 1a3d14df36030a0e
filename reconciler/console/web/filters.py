"""How values are written on pages: times, durations, bytes, verdicts with their signs. Pure; returns escaped markup.

Before: rendering, which hands them to the templates. After: nothing. No text is written here that grows older by
itself: the script makes `3 s ago` of a moment, so that a page rendered again is the same as long as nothing happens.
"""

import re
from datetime import UTC, datetime

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from reconciler.console.glyphs import UNICODE, state_glyph, state_of
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict

SHORT_ID = 12
_END_OF_TIME = 32_503_680_000  # the year 3000: no datetime of ours is later
_NONE = "\u2013"
_STATE_CLASSES = {
    "Ready": "ready",
    "Progressing": "starting",
    "Degraded": "dead",
    "Suspended": "stopping",
    "Held": "suspect",
    "Unknown": "unknown",
    "NotReady": "suspect",
    "Empty": "stopping",
}
_STATE_WORDS = {"NotReady": "Not ready"}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
# What a reader doesn't see, and what makes him see another order than there is; line ends and tabs are neither.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")


def clock(at: float | None) -> Markup:
    """A moment (Unix seconds) as a time of day."""
    return _time(at, Markup('<time datetime="{}" title="{}">{}</time>'))


def ago(at: float | None) -> Markup:
    """A moment in the past, which the script turns into how long ago it was."""
    return _time(at, Markup('<time datetime="{}" title="{}" data-ago>{}</time>'))


def lasting(at: float | None) -> Markup:
    """A moment in the past, which the script turns into how long it has lasted."""
    return _time(at, Markup('<time datetime="{}" title="{}" data-for>{}</time>'))


def until(at: float | None) -> Markup:
    """A moment to come, which the script turns into how long it still takes."""
    return _time(at, Markup('<time datetime="{}" title="{}" data-until>{}</time>'))


def _time(at: float | None, markup: Markup) -> Markup:
    if at is None or not 0 < at < _END_OF_TIME:
        return escape(_NONE)
    moment = datetime.fromtimestamp(at, UTC)
    machine = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return markup.format(machine, f"{moment:%Y-%m-%d %H:%M:%S} UTC", f"{moment:%H:%M:%S}")


def duration(seconds: float | None) -> str:
    """A length of time in at most two units: `0.4 s`, `12 s`, `2 min 3 s`, `5 h 10 min`, `3 d 4 h`."""
    if seconds is None:
        return _NONE
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    for unit, length, small, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {unit} {rest} {small}" if rest else f"{whole // length} {unit}"
    return f"{whole} s"


def size(count: float | None) -> str:
    """Bytes in the unit that suits them."""
    if count is None:
        return _NONE
    value = float(count)
    for unit in _UNITS:
        if abs(value) < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"


def figure(value: float | None) -> str:
    """A number as short as it may be."""
    return _NONE if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@pass_context
def beat(context: Context, instance: InstanceStatus) -> Markup:
    """The age of an instance's last heartbeat, kept by the script; a live render leaves it out."""
    age = "" if context.get("is_live") else duration(instance.heartbeat_age)
    return Markup('<span class="beat" data-beat="{}">{}</span>').format(instance.id[:SHORT_ID], age)


def dot(instance: InstanceStatus) -> Markup:
    """One instance as its sign, with its words for whoever can't tell by it."""
    words = f"{instance.name}, {instance.verdict.value}, {instance.zone}"
    return Markup(
        '<span class="dot dot-{}" role="img" data-beat-title="{}" data-words="{}" aria-label="{}" title="{}">{}</span>'
    ).format(instance.verdict.value, instance.id[:SHORT_ID], words, words, words, UNICODE.verdict(instance.verdict))


def verdict(value: Verdict) -> Markup:
    """A chip with the sign and the word."""
    return _chip(value.value, UNICODE.verdict(value), value.value)


def state(cluster: ClusterStatus) -> Markup:
    """The one word for a cluster, as a chip with its sign."""
    word = state_of(cluster)
    return _chip(_STATE_CLASSES[word], state_glyph(word, UNICODE), _STATE_WORDS.get(word, word))


def _chip(kind: str, glyph: str, word: str) -> Markup:
    return Markup('<span class="chip chip-{}"><span class="glyph" aria-hidden="true">{}</span>{}</span>').format(
        kind, glyph, word
    )


def visible(text: str) -> str:
    """The text with what can't be seen written out as its escape: what a person judges by must be all there is."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


def output(text: str) -> str:
    """The same of what a program prints, without the colours and titles that it prints for terminals."""
    return visible(_COLOURS.sub("", text))


def difference(text: str) -> Markup:
    """A `diff -u` line by line; the signs stay, so that colour only repeats what they say."""
    line_markup = Markup('<span class="{}">{}\n</span>')
    # Not splitlines: other line ends than its own would begin a line with a sign that isn't the difference's.
    whole = visible(text).removesuffix("\n").split("\n") if text else []
    lines = Markup("").join(line_markup.format(_line_kind(line), line) for line in whole)
    return Markup('<pre class="diff" tabindex="0" role="region" aria-label="Difference">{}</pre>').format(lines)


def _line_kind(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "diff-file"
    return {"+": "diff-added", "-": "diff-removed", "@": "diff-place"}.get(line[:1], "diff-same")


def told(text: str) -> Markup:
    """A sentence for a terminal on a page: what stands between backticks is a command, and looks like one."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one of them has no other: they are no quotes
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if place % 2 else escape(part) for place, part in enumerate(parts))


FILTERS = {
    "lasting": lasting,
    "told": told,
    "ago": ago,
    "until": until,
    "clock": clock,
    "duration": duration,
    "size": size,
    "figure": figure,
    "beat": beat,
    "dot": dot,
    "verdict": verdict,
    "state": state,
    "difference": difference,
    "visible": visible,
    "output": output,
}
