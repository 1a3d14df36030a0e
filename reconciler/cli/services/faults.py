"""Faults on purpose, for the API and the console: said on the leash, made in an operation, undone at its end.

Before: their routes and pages. After: fault_requests (what is meant), chaos.prepare, chaos_course. An operation's end
is the fault's end: after its time, when somebody stops it, when the loop ends.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random, SystemRandom
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from reconciler.api.backend import Backend
from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import FaultPreview
from reconciler.chaos.attack import Attack
from reconciler.chaos.healing import heal
from reconciler.chaos.prepare import prepare
from reconciler.chaos.report import Report
from reconciler.chaos.situation import name_of
from reconciler.cli import chaos_view as view
from reconciler.cli.chaos_cost import Meter
from reconciler.cli.chaos_course import course
from reconciler.cli.chaos_options import SETTLE_SECONDS
from reconciler.cli.directing import director, unheard
from reconciler.cli.services.fault_requests import fault_of, seed_of
from reconciler.cli.situation import situation
from reconciler.errors import ReconcilerError
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from rich.text import Text

    from reconciler.engine.docker.adapter import DockerEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultService:
    """See api.services.Faults."""

    settings: Settings
    loop: Backend
    engine: "DockerEngine"
    operations: OperationRegister

    def leashed(self, request: Mapping[str, Any]) -> FaultPreview:
        """What it would do. Raises UsageError, ChaosRefused."""
        attack = self._attack(request)
        return FaultPreview(
            says=attack.says, victims=attack.names, spared=tuple(name_of(one) for one in attack.spared),
            seconds=attack.seconds, seed=seed_of(attack.fault), sentences=attack.sentences,
        )  # fmt: skip

    def unleash(self, request: Mapping[str, Any], by: str) -> Operation:
        """Make it, hold it for its time, undo it. What refuses it is raised at once."""
        attack = self._attack(request)
        clusters = tuple(sorted({one.cluster for one in attack.victims}))
        return self.operations.begin(
            "chaos", attack.says, by, lambda reporter: self._course(attack, reporter), clusters=clusters
        )

    def heal(self, fault_id: str | None) -> tuple[str, ...]:
        """End one fault, or all, whoever made them."""
        ended = heal(self.engine, self.settings.env, fault_id, time.time())
        return tuple(f"healed {one.id}: {one.says}" for one in ended)

    def _attack(self, request: Mapping[str, Any]) -> Attack:
        chance: Random = SystemRandom()
        fault = fault_of(request, chance)
        attack = prepare(fault, situation(self.settings, self.engine, self.loop.status()), chance)
        director(
            self.settings, self.engine, self.loop, Flag(), tell=unheard, remark=unheard, reopened=self.loop.open_zone
        ).check(attack)
        return attack

    def _course(self, attack: Attack, reporter: Reporter) -> str:
        whose = director(
            self.settings, self.engine, self.loop, reporter.stopping, tell=reporter.say, remark=reporter.say,
            reopened=self.loop.open_zone,
        )  # fmt: skip
        meter = Meter(self.engine, self.settings.env, self.loop.status)
        teller = _InLog(reporter)
        try:
            came = course(whose, attack, meter, SETTLE_SECONDS, reporter.stopping, teller)
        except KeyboardInterrupt:  # how a fault that is being staged is given up; nobody pressed anything here
            return "given up before it was in force; everything is undone"
        lines = _plain(view.done(came.report, came.cost))
        for line in lines:
            reporter.say(line)
        asked, right = came.report.pairs
        if came.report.unhealed or right < asked:
            raise ReconcilerError("; ".join(lines))
        return _outcome(came.report, came.cost.ready_seconds, early=teller.early)


def _outcome(report: Report, ready_seconds: float | None, *, early: bool) -> str:
    over = "done" if report.healed_seconds is None else f"healed after {report.healed_seconds:.2f} s"
    when = ", before its time" if early and report.healed_seconds is not None else ""
    back = "" if ready_seconds is None else f"; all ready again {ready_seconds:.1f} s later"
    return f"{over}{when}{back}"


class _InLog:
    """Tells the operation's log; what changes five times a second is left out. `early`: somebody ended the fault."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.early = False

    def in_force(self, report: Report) -> None:
        """Each line of it."""
        for line in _plain(view.in_force(report)):
            self._reporter.say(line)

    def holds(self, says: str, left_seconds: float) -> None:
        """Whoever looks sees when it ends."""

    def over(self, why: str) -> None:
        """A line."""
        self._reporter.say(f"it holds no longer: {why}")

    def ending(self) -> None:
        """The director says so itself."""
        self.early = self._reporter.stopping.is_set()

    def settling(self, fault_id: str) -> None:
        """A line."""
        self._reporter.say(f"waiting until all is ready again ({fault_id})")


def _plain(text: "Text") -> list[str]:
    return [line for line in text.plain.splitlines() if line.strip()]
