"""What can go wrong with a fake engine: calls that fail before or after their effect, or take time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.errors import EngineUnavailable, TransientError

Match = Callable[[tuple[object, ...]], bool]


@dataclass(slots=True, kw_only=True)
class _Failure:
    method: str
    error: Exception
    after_effect: bool
    left: int
    when: Match


@dataclass(slots=True, kw_only=True)
class Failures:
    """A script of failures; `delay` is called with the method's name and arguments before each call."""

    delay: Callable[[str, tuple[object, ...]], None] | None = None
    away: bool = False
    _script: list[_Failure] = field(default_factory=list)

    def fail(
        self,
        method: str,
        error: Exception | None = None,
        *,
        after_effect: bool = False,
        times: int = 1,
        when: Match = lambda _: True,
    ) -> None:
        """Make the next `times` calls of `method` (whose arguments satisfy `when`) raise."""
        chosen = error or TransientError(f"{method}: made to fail", 0.0)
        self._script.append(_Failure(method=method, error=chosen, after_effect=after_effect, left=times, when=when))

    def lose_reply(self, method: str, *, times: int = 1) -> None:
        """The effect happens, the answer doesn't arrive: what a time limit on an effect looks like."""
        lost = TransientError(f"{method}: no answer in time; it may yet be done", 0.0)
        self.fail(method, lost, after_effect=True, times=times)

    def before(self, method: str, arguments: tuple[object, ...]) -> None:
        """Called by the engine before each effect."""
        if self.delay is not None:
            self.delay(method, arguments)
        if self.away:
            raise EngineUnavailable(f"{method}: the engine does not answer")
        self._raise(method, arguments, after_effect=False)

    def after(self, method: str, arguments: tuple[object, ...]) -> None:
        """Called by the engine after each effect."""
        self._raise(method, arguments, after_effect=True)

    def _raise(self, method: str, arguments: tuple[object, ...], *, after_effect: bool) -> None:
        for failure in self._script:
            fits = failure.method == method and failure.after_effect == after_effect
            if fits and failure.left > 0 and failure.when(arguments):
                failure.left -= 1
                raise failure.error
