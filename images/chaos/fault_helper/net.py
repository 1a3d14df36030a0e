"""Packets dropped in the victim's own network: the fault `net`, and `flush`, which takes leftover rules away.

Before: program. After: rules, tables; probes and asking, which tell whether it bites. Never here: whom to cut off.
Rules and probes work at the victim's own address, since the helper shares its network.
"""

import time
from collections.abc import Mapping
from typing import Any

from fault_helper import tables
from fault_helper.fault import Fault, Message
from fault_helper.rules import Drop, parse, replacing, staging
from fault_helper.settings import Settings, Unusable

_MARGIN_SECONDS = 1.0  # the rules die after the helper has had its chance to take them away


def make(settings: Settings) -> Fault:
    """Raises Unusable."""
    return Net(settings) if settings.kind == "net" else Flush(settings)


class Net(Fault):
    """Drops by rules that can be replaced while they bite; probes go one way, as cuts do."""

    def __init__(self, settings: Settings) -> None:
        from fault_helper.probes import Probes

        self._id = settings.id
        self._drops: tuple[Drop, ...] = parse(settings.own.get("drops", []))
        self._dead_after = time.time() + settings.seconds + _MARGIN_SECONDS
        self._staged = False
        self._bites = False
        self._probes = Probes(settings.id, settings.own.get("port"))

    def stage(self) -> None:
        """Empty chains stand there: the kernel has what it needs, or says so now."""
        self._probes.open()
        # The match knows whole seconds; the last one counts as a whole.
        dead_after = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self._dead_after))
        problem = tables.restore(staging(self._id, dead_after))
        if problem:
            raise Unusable(f"this kernel takes no rules: {problem}")
        self._staged = True

    def bite(self) -> Message:
        """The rules told last."""
        problem = tables.restore(replacing(self._id, self._drops))
        if problem:
            raise Unusable(f"the rules are refused: {problem}")
        self._bites = True
        return {"drops": len(self._drops)}

    def heal(self) -> None:
        """No rule of ours stays."""
        if self._staged:
            tables.undo(self._id)

    def asked(self, request: Mapping[str, Any]) -> Message | None:
        """New rules, and everything that measures."""
        do = request.get("do")
        if do == "rules":
            self._drops = parse(request.get("drops"))
            return {"type": "bites", "detail": self.bite()} if self._bites else None
        if do == "probe":
            self._probes.send(request)
            return None
        if do == "heard":
            return self._probes.heard(request)
        from fault_helper.asking import answers

        answer = answers.get(str(do))
        return super().asked(request) if answer is None else answer(request)

    def descriptors(self) -> tuple[int, ...]:
        return self._probes.descriptors()

    def readable(self, descriptor: int) -> None:  # noqa: ARG002  # there is only one
        self._probes.take()


class Flush(Fault):
    """Takes away what a helper that was killed left of its rules: dead ones by now, or soon."""

    at_once = True

    def __init__(self, settings: Settings) -> None:
        of = settings.own.get("of", settings.id)
        if not isinstance(of, str):
            raise Unusable(f"of {of!r} is no id of a fault")
        self._of = of

    def bite(self) -> Message:
        """Says whether there was anything."""
        return {"flushed": tables.undo(self._of)}
