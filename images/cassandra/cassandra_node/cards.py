"""What nodes tell each other about themselves before there is a ring. Pure.

Before: meeting, which carries it as JSON, and Listener.java, which gives the same once the JVM runs. After: deciding.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EMPTY, FORMING, JOINING, MEMBER = "empty", "forming", "joining", "member"
RETURNING = "returning"  # a member that has not yet joined again since its start


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One token of the ring as a member sees it."""

    token: int
    address: str
    alive: bool
    joining: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A node: its number, its volume's identity, how far it is."""

    number: int
    id: str
    state: str
    cluster: str = ""  # the cluster that it belongs to, "" for none
    members: Mapping[int, str] = field(default_factory=dict)  # who forms the cluster with it: number to volume
    ring: tuple[Place, ...] = ()  # of a member


def to_text(card: Card) -> bytes:
    """As JSON; the ring is left out, as only the JVM knows it."""
    body = {"number": card.number, "id": card.id, "state": card.state, "cluster": card.cluster}
    return json.dumps(body | {"members": {str(number): id for number, id in card.members.items()}}).encode()


def from_text(text: bytes) -> Card:
    """Out of JSON; raises ValueError when it isn't a card."""
    try:
        body: dict[str, Any] = json.loads(text)
        return Card(
            number=int(body["number"]),
            id=str(body["id"]),
            state=str(body["state"]),
            cluster=str(body.get("cluster", "")),
            members={int(number): str(id) for number, id in body.get("members", {}).items()},
            ring=tuple(place(one) for one in body.get("ring", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a node's card: {error!r}") from error


def place(body: Mapping[str, Any]) -> Place:
    return Place(
        token=int(body["token"]),
        address=str(body["address"]),
        alive=bool(body["alive"]),
        joining=bool(body["joining"]),
    )
