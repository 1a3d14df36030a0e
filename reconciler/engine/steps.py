"""Each kind of action as its sequence of engine calls, with a named boundary before and after every call.

Before: executor. After: engine ports, names, the heartbeat register. A boundary does nothing in production; tests
hang a crash on each of `BOUNDARIES`, one after the other, to show that the next pass repairs whatever was left
half done. Never here: an effect without its name in `Effect`.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, get_args

from reconciler.engine.ports import Blueprint, Engine, File, Names
from reconciler.engine.registries import NoRegistries, Registries
from reconciler.errors import EngineError, TransientError
from reconciler.plan.actions import (
    Action,
    CreateInstance,
    KillInstance,
    OnInstance,
    PublishName,
    PullImage,
    PutInService,
    PutOutOfService,
    RemoveInstance,
    TerminateInstance,
    WithdrawName,
)

Boundary = Callable[[str], None]
Effect = Literal[
    "pull", "publish", "withdraw", "activate", "deactivate", "terminate", "kill", "remove",
    "withdraw-former", "remove-former", "create", "upload", "start", "discard",
]  # fmt: skip
BOUNDARIES = tuple(f"{effect}:{side}" for effect in get_args(Effect) for side in ("before", "after"))
RETRY_SECONDS = 3.0
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that a creation needs: the blueprint, and the files that go in before the start."""

    blueprint: Blueprint
    files: tuple[File, ...]
    token_sha256: str


class Maker(Protocol):
    """Turns the decision to create into a draft (token, secrets, resolver); raises PermanentError where it can't."""

    def __call__(self, action: CreateInstance) -> Draft: ...


class Register(Protocol):
    """Who may send heartbeats: told before the start, so that the first beat finds its token known."""

    def expect(self, action: CreateInstance, id: str, token_sha256: str) -> None: ...
    def forget(self, id: str) -> None: ...


def no_boundary(name: str) -> None:
    """Production's boundary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Runs one action at a time on the calling thread; short failures are retried for `RETRY_SECONDS`."""

    engine: Engine
    names: Names
    make: Maker
    register: Register
    stop: threading.Event
    registries: Registries = field(default_factory=NoRegistries)
    boundary: Boundary = no_boundary

    def run(self, action: Action) -> str:
        """Carry out `action`; the new container's id for a creation, else empty. Raises EngineError."""
        from tenacity import (
            Retrying,
            retry_if_exception_type,
            stop_after_delay,
            stop_when_event_set,
            wait_exponential,
        )
        from tenacity.nap import sleep_using_event

        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_delay(RETRY_SECONDS) | stop_when_event_set(self.stop),
            wait=wait_exponential(multiplier=0.05, max=1.0),
            sleep=sleep_using_event(self.stop),
            reraise=True,
        )
        if isinstance(action, CreateInstance):
            # One draft for all tries: a creation whose reply was lost is known again by its token.
            return retrying(self._create, action, self.make(action))
        retrying(self._once, action)
        return ""

    def _once(self, action: Action) -> None:
        match action:
            case PullImage():
                self._call("pull", lambda: self.engine.pull(action.image, action.policy))
            case PublishName():
                self._call("publish", lambda: self.names.publish(action.id, action.record))
            case WithdrawName():
                self._call("withdraw", lambda: self.names.withdraw(action.id))
            case PutInService():
                self._call("activate", lambda: self.registries.activate(action.place, action.entry))
            case PutOutOfService():
                self._call("deactivate", lambda: self.registries.deactivate(action.place, action.entry))
            case OnInstance():
                self._end(action)

    def _end(self, action: OnInstance) -> None:
        match action:
            case TerminateInstance():
                self._call("terminate", lambda: self.engine.signal(action.id, "SIGTERM"))
            case KillInstance():
                self._call("kill", lambda: self.engine.signal(action.id, "SIGKILL"))
            case RemoveInstance():
                self._call("remove", lambda: self.engine.remove(action.id))
                self.register.forget(action.id)

    def _create(self, action: CreateInstance, draft: Draft) -> str:
        former = action.replaces
        if former is not None:
            self._call("withdraw-former", lambda: self.names.withdraw(former))
            self._call("remove-former", lambda: self.engine.remove(former))
            self.register.forget(former)
        id = self._call("create", lambda: self.engine.create(draft.blueprint))
        try:
            self.register.expect(action, id, draft.token_sha256)
            if draft.files:
                self._call("upload", lambda: self.engine.upload(id, draft.files))
            self._call("start", lambda: self.engine.start(id))
        except EngineError:
            self._discard(id)
            raise
        return id

    def _discard(self, id: str) -> None:
        """Leave nothing half made; where even that fails, the next pass finds a container that never started."""
        self.register.forget(id)
        with suppress(EngineError):
            self._call("discard", lambda: self.engine.remove(id))

    def _call(self, name: Effect, effect: Callable[[], _Result]) -> _Result:
        self.boundary(f"{name}:before")
        result = effect()
        self.boundary(f"{name}:after")
        return result
