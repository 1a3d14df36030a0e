"""The helpers of `reconciler chaos` in the fake engine: the program of images/chaos as far as others notice it.

Datagrams travel at once, by the rules of both sides; nothing is ever lost by chance.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_box import Box
from tests.support.fake_engine import FakeEngine
from tests.support.fake_helpers import SIGTERM, Answer

Rules = list[dict[str, Any]]


@dataclass(slots=True)
class Filter:
    """What one helper was told, and whether it has begun."""

    drops: Rules = field(default_factory=list)
    bites: bool = False
    heard: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


class FakeChaos:
    """A script for `FakeEngine.helper`. `gateway` answers connections.

    `blunt` holds instances whose rules have no effect, `broken` those whose helper fails at a word (`bite`).
    `on_word` is called with the helper and each word, before it is done.
    """

    def __init__(self, engine: FakeEngine, gateway: str) -> None:
        self.engine = engine
        self.gateway = gateway
        self.blunt: set[str] = set()
        self.broken: dict[str, str] = {}
        self.on_word: Callable[[Box, str], None] = lambda *_: None
        self.filters: dict[str, Filter] = {}
        engine.helper = self

    def __call__(self, box: Box, line: str | None) -> Answer:
        kind = json.loads(box.blueprint.environment["RECONCILER_FAULT"])["kind"]
        if line is None:
            self.filters[box.id] = Filter()
            if kind in ("flush", "thaw"):
                return Answer(lines=tuple(_said(word) for word in ("ready", "bites", "healed")), ends=0)
            return Answer(lines=(_said("ready"),))
        request = {"do": "heal"} if line == SIGTERM else json.loads(line)
        word = request["do"]
        self.on_word(box, word)
        if self.broken.get(_instance(box)) == word:
            return Answer(lines=(_said("fails", problem="it is broken"),), ends=1)
        return getattr(self, f"_{word}")(box, self.filters[box.id], request)  # type: ignore[no-any-return]

    def biting(self) -> set[str]:
        """The instances with a living helper that bites."""
        return {
            _instance(box) for box in self.engine.boxes.values() if box.alive and self._filter(box).bites
        }  # fmt: skip

    def _filter(self, box: Box) -> Filter:
        return self.filters.get(box.id, Filter())

    def _rules(self, _: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        mine.drops = request["drops"]
        return Answer(lines=(_said("bites"),)) if mine.bites else Answer()

    def _bite(self, _: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        mine.bites = True
        return Answer(lines=(_said("bites", detail={}),))

    def _heal(self, _: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        mine.bites = False
        return Answer(lines=(_said("healed"),), ends=0)

    def _probe(self, box: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        here = self._address(box)
        for other in list(self.engine.boxes.values()):
            there = self._address(other)
            if other.id not in self.filters or not other.alive or there not in request["to"]:
                continue
            if not self._drops(box, "out", there) and not self._drops(other, "in", here):
                self.filters[other.id].heard[request["round"]].add(here)
        return Answer()

    def _heard(self, _: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        number = request["round"]
        return Answer(lines=(_said("heard", round=number, **{"from": sorted(mine.heard[number])}),))

    def _connect(self, box: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        told = [
            [ip, port, "silent" if self._drops(box, "out", ip) or self._drops(box, "in", ip) else "refused"]
            for ip, port in request["to"]
        ]
        return Answer(lines=(_said("connected", to=told),))

    def _resolve(self, box: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        return Answer(lines=(_said("resolved", answered=not self._drops(box, "out", "127.0.0.11")),))

    def _lossy(self, box: Box, mine: Filter, request: dict[str, Any]) -> Answer:
        works = mine.bites and _instance(box) not in self.blunt
        share = next((one["probability"] for one in mine.drops if one["direction"] == "out"), 0.0) if works else 0.0
        return Answer(lines=(_said("lossy", sent=400, dropped=round(400 * share)),))

    def _address(self, box: Box) -> str:
        joins = box.blueprint.joins
        victim = self.engine.boxes.get(joins.network_of or "") if joins is not None else None
        return (victim.address or "") if victim is not None else ""

    def _drops(self, box: Box, direction: str, peer: str) -> bool:
        mine = self.filters[box.id]
        if not mine.bites or _instance(box) in self.blunt:
            return False
        return any(one["direction"] == direction and one["peer"] in (None, peer) for one in mine.drops)


def _said(kind: str, **more: Any) -> str:
    return json.dumps({"type": kind, **more})


def _instance(box: Box) -> str:
    return box.labels.get("io.reconciler.fault-instance", "")
