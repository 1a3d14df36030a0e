"""Whether silence means death: too many silent at once, or a whole zone, and the channel is suspected first.

Before: verdicts on every instance of the environment. After: reconcile, which replaces nobody who is silent while blind.
After `lost_after_seconds` one canary is started beside them; if it beats, the silent are replaced one at a time.
Leaving blindness resets every timer: silence is then counted from that moment.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.plan.limits import Limits
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.state.instance import Instance
from reconciler.state.observed import Canary, Channel


def assess(
    channel: Channel,
    instances: Iterable[Instance],
    judgements: Mapping[str, Judgement],
    *,
    now: float,
    limits: Limits,
) -> Channel:
    """The channel's state after this pass's verdicts."""
    listed = [i for i in instances if i.alive and judgements[i.id].verdict is not Verdict.STOPPING]
    silent = _silent(listed, judgements)
    if channel.blind_since is None and not any(judgements[i.id].verdict is Verdict.SUSPECT for i in silent):
        return channel
    reason = _too_many(listed, silent, judgements, limits)
    if channel.blind_since is None:
        if reason is None:
            return channel
        ids = frozenset(i.id for i in silent)
        return replace(channel, blind_since=now, reason=reason, silent=ids, canary=None, canary_heard=False)
    if not silent or (reason is None and channel.canary is None):
        return Channel(since=now)
    return _while_blind(channel, listed, silent, judgements, now, limits, reason)


def _silent(listed: list[Instance], judgements: Mapping[str, Judgement]) -> list[Instance]:
    """Those not heard for two intervals, and those never heard where nobody at all is."""
    anybody = any(judgements[i.id].heard and not judgements[i.id].late for i in listed)
    return [
        i
        for i in listed
        if judgements[i.id].late or (judgements[i.id].mute and not anybody and _overdue(judgements[i.id]))
    ]


def _overdue(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.SUSPECT


def _too_many(
    listed: list[Instance], silent: list[Instance], judgements: Mapping[str, Judgement], limits: Limits
) -> str | None:
    """Why this is more likely our blindness than their death; None when it isn't."""
    if len(silent) > max(1.0, limits.silent_fraction * len(listed)):
        return f"{len(silent)} of {len(listed)} instances fell silent together"
    judged = Counter(i.zone for i in listed if _by_news(judgements[i.id]))
    for zone, count in Counter(i.zone for i in silent).items():
        if count >= 2 and count == judged[zone]:
            return f"all {count} instances of zone {zone} fell silent together"
    return None


def _by_news(judgement: Judgement) -> bool:
    return judgement.heard or judgement.late or judgement.mute or judgement.silent


def _while_blind(
    channel: Channel,
    listed: list[Instance],
    silent: list[Instance],
    judgements: Mapping[str, Judgement],
    now: float,
    limits: Limits,
    reason: str | None,
) -> Channel:
    assert channel.blind_since is not None
    ids = frozenset(i.id for i in silent)
    updated = replace(channel, silent=ids, reason=reason or channel.reason, turn=None)
    if channel.canary is None:
        if now - channel.blind_since >= limits.lost_after_seconds:
            return replace(updated, canary=_canary(silent, listed))
        return updated
    canary = channel.canary
    heard = channel.canary_heard or any(
        i.cluster == canary.cluster and i.number == canary.number and judgements[i.id].heard for i in listed
    )
    if not heard:
        return updated
    affected = {i.cluster for i in silent}
    starting = any(judgements[i.id].verdict is Verdict.STARTING for i in listed if i.cluster in affected)
    turn = None if starting else min(ids, default=None)
    return replace(updated, canary_heard=True, turn=turn)


def _canary(silent: list[Instance], listed: list[Instance]) -> Canary:
    """Beside the silent: in the cluster and zone that most of them share, under the next number."""
    (cluster, zone), _ = Counter((i.cluster, i.zone) for i in silent).most_common(1)[0]
    numbers = {i.number for i in listed if i.cluster == cluster}
    number = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
    return Canary(cluster=cluster, number=number, zone=zone)
