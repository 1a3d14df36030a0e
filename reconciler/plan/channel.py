"""Whether silence means death: too many silent at once, or a whole zone, and the channel is suspected first.

Before: verdicts on every instance of the environment. After: reconcile, which replaces nobody who is silent
while blind. After `lost_after_seconds` one canary is started beside them; if it beats, and goes on for as long as any
of them may be silent, they are replaced one at a time: its first words prove nothing of those who are heard a moment
later, nor of a cut that only hasn't come to it yet. Leaving blindness resets every timer: silence is then counted from
that moment.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from reconciler.plan.limits import Limits
from reconciler.plan.numbers import free_numbers, strangers_numbers
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.state.instance import Instance
from reconciler.state.observed import Canary, Channel, Observed

_BETWEEN_LOOKS_SECONDS = 2.0  # while blind a pass follows each second, where the engine lists in time


def assess(
    observed: Observed,
    judgements: Mapping[str, Judgement],
    *,
    eligible: Collection[str],
    given_up: Collection[str] = (),
    now: float,
    limits: Limits,
) -> Channel:
    """The channel's state after this pass's verdicts; `eligible` are the clusters where something may be made,
    `given_up` the ids of instances that go whether they are heard or not.
    """
    channel = observed.channel
    if channel.blind_since is None and not _anybody_suspect(judgements):
        return channel
    view = _View(observed, judgements, eligible, given_up)
    silent = view.silent()
    reason = view.too_many(silent, limits) if silent else None
    if channel.blind_since is None:
        if reason is None:
            return channel
        return Channel(since=channel.since, blind_since=now, reason=reason, silent=_ids(silent))
    if not silent or (reason is None and channel.canary_heard_at is None):
        return Channel(since=now)
    updated = replace(channel, silent=_ids(silent), reason=reason or channel.reason, turn=None)
    return view.test(updated, silent, now, limits)


def _anybody_suspect(judgements: Mapping[str, Judgement]) -> bool:
    suspect = Verdict.SUSPECT
    for judgement in judgements.values():
        if judgement.verdict is suspect and (judgement.silent or judgement.mute):
            return True
    return False


@dataclass(slots=True)
class _View:
    """The environment as the channel shows it."""

    observed: Observed
    judgements: Mapping[str, Judgement]
    eligible: Collection[str]
    given_up: Collection[str]

    def listed(self) -> list[Instance]:
        """Who should be heard: all that run and weren't told to end; a task is judged by its end alone.

        Of a closed zone nothing is concluded: a person has taken it out of service, so its silence is no riddle, and
        no canary may ask there. Nor of one whose version has failed: it may never have spoken.
        """
        closed = self.observed.closed_zones
        return [
            instance
            for instances in self.observed.instances.values()
            for instance in instances
            if instance.alive
            and not instance.task
            and instance.zone not in closed
            and instance.id not in self.given_up
            and self.judgements[instance.id].verdict is not Verdict.STOPPING
        ]

    def silent(self) -> list[Instance]:
        """Those not heard for two intervals; where nobody at all is heard, also those never heard in their time, and
        those that ran before we listened.

        One cluster that has never spoken is its own fault, not our deafness: such count where there are several.
        """
        listed = self.listed()
        anybody = any(self.judgements[i.id].heard and not self.judgements[i.id].late for i in listed)
        unheard = [i for i in listed if _is_unheard(self.judgements[i.id])]
        clusters = Counter(probed for _, probed in {(i.cluster, self.judgements[i.id].probed) for i in unheard})
        return [i for i in unheard if self._is_silent(i, clusters, anybody=anybody)]

    def _is_silent(self, instance: Instance, clusters: Mapping[bool, int], *, anybody: bool) -> bool:
        judgement = self.judgements[instance.id]
        several = clusters[judgement.probed] > 1
        if judgement.late:
            return several or not (judgement.probed and judgement.unproven)
        if anybody or (judgement.probed and judgement.mute):  # a probe that never succeeded was answered: with no
            return False
        sighting = self.observed.sightings.get(instance.id)
        adopted = sighting is not None and sighting.adopted  # an earlier loop may have heard it
        return several or (adopted and not judgement.probed)

    def too_many(self, silent: list[Instance], limits: Limits) -> str | None:
        """Why this is more likely our blindness than their death; None when it isn't. A canary doesn't count."""
        listed = [i for i in self.listed() if not is_canary(i, self.observed.channel.canary)]
        counted = [i for i in silent if not is_canary(i, self.observed.channel.canary)]
        if len(counted) > max(1.0, limits.silent_fraction * len(listed)):
            return f"{len(counted)} of {len(listed)} instances fell silent together ({self._news(counted)})"
        quiet = _ids(counted)
        judged = Counter(i.zone for i in listed if i.id in quiet or self._speaks(self.judgements[i.id]))
        for zone, number in Counter(i.zone for i in counted).items():
            if number >= 2 and number == judged[zone]:
                where = [i for i in counted if i.zone == zone]
                return f"all {number} instances of zone {zone} fell silent together ({self._news(where)})"
        return None

    def _news(self, silent: list[Instance]) -> str:
        """What is lacking."""
        kinds = {"probes" if self.judgements[i.id].probed else "heartbeats" for i in silent}
        return " and ".join(sorted(kinds))

    def _speaks(self, judgement: Judgement) -> bool:
        return judgement.heard or (judgement.presumed and not judgement.mute)

    def test(self, channel: Channel, silent: list[Instance], now: float, limits: Limits) -> Channel:
        """While blind: a canary when it has lasted, and one turn at a time once the canary was heard."""
        canary = channel.canary
        speaks = None if canary is None else self._last_word(canary)
        heard = speaks is not None
        if canary is None or not self._possible(canary) or (heard and not self._asked(canary, silent)):
            assert channel.blind_since is not None
            canary = None
            if now - channel.blind_since >= limits.lost_after_seconds:
                canary = self._place_canary(silent)
            return replace(channel, canary=canary, canary_heard_at=None, canary_speaks_since=None)
        if speaks is None:
            return replace(channel, canary_speaks_since=None, turn=None)
        since = channel.canary_speaks_since
        if since is None or self._may_have_paused(channel.canary_heard_at, speaks, silent):
            since = speaks
        turn = self._turn(canary, silent, speaks, since)
        return replace(channel, canary_heard_at=speaks, canary_speaks_since=since, turn=turn)

    def _may_have_paused(self, before: float | None, speaks: float, silent: list[Instance]) -> bool:
        """A pass sees the last word only: between two passes far apart the canary may have been silent, unseen."""
        borne = [patience for i in silent if (patience := self.judgements[i.id].patience_seconds)]
        return before is not None and bool(borne) and speaks - before > min(borne) + _BETWEEN_LOOKS_SECONDS

    def _possible(self, canary: Canary) -> bool:
        taken = strangers_numbers(canary.cluster, self.observed)
        instances = self.observed.instances.get(canary.cluster, ())
        elsewhere = any(is_canary(i, canary) and i.zone != canary.zone for i in instances)
        if canary.zone in self.observed.closed_zones or elsewhere:
            return False
        return canary.cluster in self.eligible and canary.number not in taken

    def _last_word(self, canary: Canary) -> float | None:
        """When the canary was last heard; None unless it is heard now."""
        observed = self.observed
        for instance in observed.instances.get(canary.cluster, ()):
            judgement = self.judgements[instance.id]
            if instance.number != canary.number or not judgement.heard or judgement.late:
                continue
            beat, sounding = observed.beats.get(instance.id), observed.soundings.get(instance.id)
            probed_at = sounding.last_success_at if sounding is not None else None
            return max((at for at in (beat.at if beat else None, probed_at) if at is not None), default=None)
        return None

    def _asked(self, canary: Canary, silent: list[Instance]) -> bool:
        """Whether somebody is still silent where this canary stands: of other zones it proves nothing."""
        return any(i.zone == canary.zone and i.cluster in self.eligible for i in silent)

    def _place_canary(self, silent: list[Instance]) -> Canary | None:
        """Beside the silent: in the cluster and zone that most of them share, under the next number."""
        places = Counter((i.cluster, i.zone) for i in silent if i.cluster in self.eligible)
        if not places:
            return None
        (cluster, zone), _ = places.most_common(1)[0]
        return Canary(cluster=cluster, number=next(free_numbers(cluster, self.observed)), zone=zone)

    def _turn(self, canary: Canary, silent: list[Instance], heard_at: float, since: float) -> str | None:
        """The next to be replaced although blind: in the canary's zone, and only if the canary was heard after this
        one's time was over, and for as long as this one may be silent; none while an earlier one's successor isn't
        ready yet.
        """
        waiting = {i.id for i in silent if i.zone == canary.zone and i.cluster in self.eligible}
        affected = {i.cluster for i in silent if i.id in waiting}
        for cluster in affected:
            if any(flight.kind == "create" for flight in self.observed.in_flight.get(cluster, ())):
                return None
            for instance in self.observed.instances.get(cluster, ()):
                judgement = self.judgements[instance.id]
                if judgement.mute and judgement.verdict is Verdict.SUSPECT:
                    waiting.add(instance.id)
                elif judgement.verdict is Verdict.STARTING or self._died_lately(instance, judgement):
                    return None
        return min((key for key in waiting if self._over(key, heard_at, since)), default=None)

    def _over(self, key: str, heard_at: float, since: float) -> bool:
        judgement = self.judgements[key]
        if judgement.replace_at is None or heard_at < judgement.replace_at:
            return False
        return heard_at - since >= judgement.patience_seconds

    def _died_lately(self, instance: Instance, judgement: Judgement) -> bool:
        """One that was made since we are blind: a successor that doesn't stay up is no reason for more of them."""
        sighting = self.observed.sightings.get(instance.id)
        begun = self.observed.channel.blind_since
        if judgement.verdict is not Verdict.DEAD or sighting is None or begun is None:
            return False
        return sighting.up_since >= begun


def channel_problem(channel: Channel) -> str:
    """What people read of it; empty where silence can be trusted."""
    if channel.blind_since is None:
        return ""
    suspected, canary = f"{channel.reason}: the channel is suspected", channel.canary
    if canary is None:
        return f"{suspected}, nobody is replaced"
    if channel.canary_speaks_since is None:
        return f"{suspected}, nobody is replaced; canary {canary.cluster}-{canary.number} is not heard either"
    return (
        f"{suspected}; canary {canary.cluster}-{canary.number} is heard: if it goes on, the silent beside it are "
        "replaced one at a time"
    )


def _is_unheard(judgement: Judgement) -> bool:
    overdue = judgement.mute and judgement.verdict is Verdict.SUSPECT
    return judgement.late or overdue or judgement.presumed


def _ids(instances: list[Instance]) -> frozenset[str]:
    return frozenset(instance.id for instance in instances)


def is_canary(instance: Instance, canary: Canary | None) -> bool:
    """Whether this is the instance that was started to find out what can be heard."""
    return canary is not None and (instance.cluster, instance.number) == (canary.cluster, canary.number)
