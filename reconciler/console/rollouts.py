"""Rollouts and scales in words: from which revision to which, how far, what it waits for, and what to type.

Before: RolloutStatus, ScaleStatus. After: notes (tables and dashboard), `rollout status`. Each sentence stands alone.
"""

from reconciler.console.glyphs import Glyphs
from reconciler.plan.status import Phase, RolloutStatus, ScaleStatus

_BAR = 20
_PERCENT = frozenset({"cpu", "memory"})
_STRATEGY_WORDS = {"red-black": "red/black"}


def rollout_text(name: str, rollout: RolloutStatus, glyphs: Glyphs, env_option: str = "") -> str:
    """How far the cluster's rollout is, in one sentence; `env_option` ends the commands to type (` --env ci`)."""
    return _TEXTS[rollout.phase](rollout, _Typed(name, env_option), glyphs)


class _Typed:
    """The commands that lead on from here."""

    def __init__(self, name: str, env_option: str) -> None:
        self._name, self._option = name, env_option

    def __call__(self, words: str) -> str:
        return f"`reconciler rollout {words} {self._name}{self._option}`"


def _complete(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:  # noqa: ARG001
    return f"{rollout.revision} is rolled out, {rollout.available} of {rollout.wanted} available"


def _progressing(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:  # noqa: ARG001
    return f"{_way(rollout, glyphs)}: {_counts(rollout)}{_said(rollout)}"


def _canary(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:
    if not rollout.awaits_promotion:
        return _progressing(rollout, typed, glyphs)
    return f"{_way(rollout, glyphs)}: {_counts(rollout)}; {typed('promote')} goes on, {typed('undo')} goes back"


def _judging(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:
    ways = f"{typed('promote')} gives it the traffic, {typed('undo')} goes back"
    return f"{_way(rollout, glyphs)}: {rollout.available} stand without traffic; {ways}"


def _switched(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:
    how = rollout.message or f"{rollout.revision} has the traffic"
    back = f"; {typed('undo')} returns to {rollout.former} at once" if rollout.former else ""
    return f"{_way(rollout, glyphs)}: {how}{back}"


def _paused(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:
    return f"{_way(rollout, glyphs)}: paused, {_counts(rollout)}; {typed('resume')} goes on"


def _rolling_back(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:  # noqa: ARG001
    return f"{rollout.failure}; going back to {rollout.former or 'what was before'}"


def _rolled_back(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:  # noqa: ARG001
    again = f"{rollout.former} runs again" if rollout.former else "what was before runs again"
    return f"{rollout.failure}; {again} until the file wants another; {typed('undo')} lets the file say so, too"


def _stuck(rollout: RolloutStatus, typed: _Typed, glyphs: Glyphs) -> str:  # noqa: ARG001
    back = f", or {typed('undo')}" if rollout.former else ""
    return f"{rollout.failure}; it goes on trying: change the file{back}"


_TEXTS = {
    Phase.COMPLETE: _complete,
    Phase.PROGRESSING: _progressing,
    Phase.CANARY: _canary,
    Phase.JUDGING: _judging,
    Phase.SWITCHED: _switched,
    Phase.PAUSED: _paused,
    Phase.ROLLING_BACK: _rolling_back,
    Phase.ROLLED_BACK: _rolled_back,
    Phase.FAILED: _stuck,
}


def _way(rollout: RolloutStatus, glyphs: Glyphs) -> str:
    strategy = _STRATEGY_WORDS.get(rollout.strategy, rollout.strategy)
    return f"{rollout.former} {glyphs.arrow} {rollout.revision}, {strategy}" if rollout.former else rollout.revision


def _counts(rollout: RolloutStatus) -> str:
    return f"{rollout.updated} of {rollout.wanted} updated, {rollout.available} available"


def _said(rollout: RolloutStatus) -> str:
    return f"; {rollout.message}" if rollout.message else ""


def bar(rollout: RolloutStatus, glyphs: Glyphs) -> str:
    """Who is of the new revision, as a bar: available, made but not yet available, still to come."""
    wanted = max(rollout.wanted, 1)
    width = min(wanted, _BAR)
    available = min(width, width * rollout.available // wanted)
    updated = min(width, max(available, width * rollout.updated // wanted))
    return glyphs.full * available + glyphs.half * (updated - available) + glyphs.empty * (width - updated)


def scale_text(scale: ScaleStatus, glyphs: Glyphs) -> str:
    """`3 of 2-12, cpu 58 % of 60 %`, and why it is so or stays so."""
    dash = "-" if glyphs.ascii_only else "\u2013"
    value = "unknown" if scale.value is None else _amount(scale.value, scale.metric)
    text = f"{scale.size} of {scale.min}{dash}{scale.max}, {scale.metric} {value}"
    text += f" of {_amount(scale.target, scale.metric)}"
    why = scale.hold or scale.reason
    return f"{text}; {why}" if why else text


def _amount(value: float, metric: str) -> str:
    if metric in _PERCENT:
        return f"{value:.0f} %"
    number = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number}/s" if metric == "requests" else number
