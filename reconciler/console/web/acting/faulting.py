"""A form's fields become the request of a fault, as api.services.Faults takes it.

Before: chaos. After: the service, which knows who may be hit. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.console.web.acting.fields import Fields, FormError

SIDE = "side-"
"""A zone's side in a split-brain is the field `side-<zone>`: 1, 2, 3, or empty for a zone that takes no part."""

_MOST_SIDES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One form: `word` names the fault, `does` says what it is."""

    kind: str
    word: str
    does: str
    aimed: bool = False


KINDS = (
    FaultKind(kind="monkey", word="Kill one instance", does="One instance, chosen at random, is killed at once."),
    FaultKind(kind="gorilla", word="Kill a zone", does="Everything in a zone is killed at once."),
    FaultKind(kind="split-brain", word="Cut zones off", does="Zones don't reach each other for a while."),
    FaultKind(kind="freeze", word="Freeze", does="Every process stops, and goes on afterwards.", aimed=True),
    FaultKind(kind="loss", word="Lose packets", does="Some of the packets are lost, each way.", aimed=True),
    FaultKind(kind="dns", word="Break names", does="No name is answered.", aimed=True),
    FaultKind(
        kind="agent", word="Silence heartbeats", does="Only the heartbeats are lost; all else works.", aimed=True
    ),
    FaultKind(kind="burn", word="Burn processors", does="Processors are kept busy in vain.", aimed=True),
    FaultKind(kind="fill", word="Fill the disk", does="Disk space is taken where it writes.", aimed=True),
)

SHAPES = (
    ("halves", "halves: sides that don't see each other"),
    ("rest", "rest: side 1 against all others"),
    ("bridge", "bridge: side 1 sees everybody, the others don't see each other"),
    ("one-way", "one-way: what side 1 sends to side 2 is lost"),
    ("ring", "ring: each zone sees its neighbours only, in the order of the sides"),
    ("reconciler", "reconciler: side 1 isn't reached by the reconciler"),
)


def request_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What is asked for; empty fields are left out. Raises FormError with a sentence for each field that is wrong."""
    kind = form.get("kind", "")
    reader = _READERS.get(kind)
    if reader is None:
        raise FormError({"kind": f"“{kind}” is no fault that can be made here"})
    fields = Fields(form)
    request = {"kind": kind, **reader(fields)}
    if fields.chosen("anyway"):
        request["anyway"] = True
    fields.check()
    return {key: value for key, value in request.items() if value not in (None, "")}


def _monkey(fields: Fields) -> dict[str, Any]:
    return {"cluster": fields.text("name"), "zone": fields.text("zone"), "seed": fields.whole("seed")}


def _gorilla(fields: Fields) -> dict[str, Any]:
    zone = fields.needed("zone", "say which zone")
    return {"zone": zone, "keep_down": fields.chosen("keep_down"), **_lasting(fields)}


def _split_brain(fields: Fields) -> dict[str, Any]:
    sides: dict[int, list[str]] = {}
    for name in fields.form:
        if name.startswith(SIDE) and (side := fields.whole(name, least=1)) is not None:
            if side > _MOST_SIDES:
                fields.errors[name] = f"there are at most {_MOST_SIDES} sides"
            sides.setdefault(side, []).append(name.removeprefix(SIDE))
    shape = fields.needed("shape", "say who doesn't see whom")
    found = [zones for _, zones in sorted(sides.items())]
    return {"shape": shape, "sides": found or None, **_lasting(fields)}


def _aimed(own: Callable[[Fields], dict[str, Any]]) -> Callable[[Fields], dict[str, Any]]:
    def read(fields: Fields) -> dict[str, Any]:
        if not fields.text("name") and not fields.text("zone"):
            fields.errors["name"] = "say who: a cluster, an instance such as web-1, or a zone"
        one = fields.chosen("one")
        target = {"name": fields.text("name"), "zone": fields.text("zone"), "one": one}
        seed = fields.whole("seed") if one else None
        return {**target, "seed": seed, **own(fields), **_lasting(fields)}

    return read


def _lasting(fields: Fields) -> dict[str, Any]:
    return {"seconds": fields.seconds("seconds"), "spare": fields.chosen("spare")}


_READERS: Mapping[str, Callable[[Fields], dict[str, Any]]] = {
    "monkey": _monkey,
    "gorilla": _gorilla,
    "split-brain": _split_brain,
    "freeze": _aimed(lambda _: {}),
    "loss": _aimed(lambda fields: {"percent": fields.number("percent")}),
    "dns": _aimed(lambda _: {}),
    "agent": _aimed(lambda _: {}),
    "burn": _aimed(lambda fields: {"workers": fields.whole("workers", least=1)}),
    "fill": _aimed(lambda fields: {"size": fields.text("size"), "path": fields.text("path")}),
}
