"""What an empty node does, given what the others say. Pure; the rules stand in order, the first that fits counts.

Before: meeting, which asks the others again and again. After: `__main__`, which writes the plan down and starts it.
A node that has a plan already never comes here. The rule behind the rules: a cluster is founded by all its seeds
together or not at all, because an empty volume can't tell whether it is new or lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cassandra_node.cards import EMPTY, FORMING, MEMBER, Card, Place
from cassandra_node.tokens import token_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Found the cluster together with these: number to volume."""

    cluster: str
    members: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """Join as a new member; the members hand over its part of the data."""

    cluster: str
    via: tuple[str, ...]
    alive: int  # members whose ring and schema it waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Take the place of the dead node at `address`, which had this number; the others stream its data."""

    cluster: str
    via: tuple[str, ...]
    alive: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Tell these members that nobody is at `address` any more; then look again."""

    members: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Not yet; why, for the log and the health page."""

    reason: str


Decision = Form | Bootstrap | Replace | Lost | Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of the others."""

    seeds: Mapping[str, Card | None]  # by name, None for one that doesn't answer; without this node itself
    others: Mapping[str, Card] = field(default_factory=dict)  # by address, any that answered besides
    is_seed: bool = True


def decide(me: Card, heard: Heard) -> Decision:
    """What to do next."""
    answers = {**{name: card for name, card in heard.seeds.items() if card is not None}, **heard.others}
    founders = [card for card in answers.values() if card.state == FORMING and card.members.get(me.number) == me.id]
    if founders:
        return Form(cluster=founders[0].cluster, members=founders[0].members)
    members = {name: card for name, card in answers.items() if card.state == MEMBER}
    if members:
        return join(me, members)
    broken = founding_without(heard)
    if broken:
        return Form(cluster=broken.cluster, members={**broken.members, me.number: me.id})
    coming = sorted(name for name, card in answers.items() if card.state != EMPTY)
    if coming:
        return Wait(reason=f"{', '.join(coming)} has a cluster and is starting")
    if not heard.is_seed:
        return Wait(reason=f"no member answers yet, asked {', '.join(sorted(heard.seeds))}")
    silent = sorted(name for name, card in heard.seeds.items() if card is None)
    if silent:
        return Wait(reason=f"{', '.join(silent)} doesn't answer; a cluster is founded by all its seeds together")
    return found(me, heard)


def founding_without(heard: Heard) -> Card | None:
    """A founding that counted a volume of this number which is lost by now, and has not got further.

    Founders serve nobody before all of them are in the ring. Where every seed answers and none is beyond that, there
    is nothing to stream: this node takes the lost one's part, and all are complete.
    """
    cards = list(heard.seeds.values())
    forming = [card for card in cards if card is not None and card.state == FORMING]
    known = all(card is not None and card.state in {EMPTY, FORMING} for card in cards)
    whole = heard.is_seed and known and not heard.others and len({card.cluster for card in forming}) == 1
    return forming[0] if whole else None


def found(me: Card, heard: Heard) -> Decision:
    """All seeds are empty: they found the cluster, which is named after the volume of the lowest number."""
    cards = [me, *(card for card in heard.seeds.values() if card is not None)]
    members = {card.number: card.id for card in sorted(cards, key=lambda card: card.number)}
    if len(members) < len(cards):
        return Wait(reason="two seeds have the same number; CASSANDRA_SEEDS names one of them twice")
    return Form(cluster=members[min(members)], members=members)


def join(me: Card, members: Mapping[str, Card]) -> Decision:
    """Members answer: take this number's old place in their ring, or a new one."""
    clusters = {card.cluster for card in members.values()}
    if len(clusters) > 1:
        return Wait(reason=f"{', '.join(sorted(members))} belong to different clusters; see the reference page")
    # The lowest number first: it is the one that all newcomers ask for their turn.
    cluster, via = clusters.pop(), tuple(sorted(members, key=lambda name: (members[name].number, name)))
    mine = token_of(me.number)
    places = {name: at(mine, card) for name, card in members.items()}
    known = [place for place in places.values() if place is not None and not place.joining]
    if known:
        address = known[0].address
        unaware = tuple(sorted(name for name, place in places.items() if place is not None and place.alive))
        if unaware:
            return Lost(members=unaware, address=address)
        return Replace(cluster=cluster, via=via, alive=living(members), address=address)
    joining = sorted({one.address for card in members.values() for one in card.ring if one.joining})
    if joining:
        return Wait(reason=f"{', '.join(joining)} is joining; one at a time, so that no range moves twice")
    return Bootstrap(cluster=cluster, via=via, alive=living(members))


def living(members: Mapping[str, Card]) -> int:
    """How many nodes own a place and are alive, as those see it who see the most."""
    return max(sum(place.alive and not place.joining for place in card.ring) for card in members.values())


def at(token: int, card: Card) -> Place | None:
    """What this member says about a token."""
    return next((place for place in card.ring if place.token == token), None)
