"""What others ask of the loop and get answered by the deciding thread, after a pass of its own.

Before: desk puts a question here. After: runner has them answered with what that pass saw, and no later.
Nobody waits in here; who asked and gave up is passed over.
"""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from reconciler.errors import EngineError, TransientError
from reconciler.loop.workqueue import drain
from reconciler.plan.plan import Plan
from reconciler.spec.wanted import WantedWorld

Answer = TypeVar("Answer")
ANSWER_SECONDS = 4.0  # less than a client waits


class Question:
    """A plan that somebody asked for: with `world` in the place of the directory's, None for its own. The deletion of
    the `named` clusters counts as confirmed there.
    """

    def __init__(self, world: WantedWorld | None, named: frozenset[str] = frozenset()) -> None:
        self.world = world
        self.named = named
        self.answer: Future[tuple[Plan, ...]] = Future()


class Errand:
    """Something that the deciding thread does for others after its next pass, and whatever it answers."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.do = do
        self.answer: Future[Any] = Future()


def run_errands(errands: "SimpleQueue[Errand]") -> None:
    """Do what was asked for; nothing for one who was told already that it came to nothing."""
    for errand in drain(errands):
        if not errand.answer.set_running_or_notify_cancel():
            continue
        try:
            errand.answer.set_result(errand.do())
        except Exception as problem:  # noqa: BLE001  whatever it is, it concerns who asked
            errand.answer.set_exception(problem)


def answer_plans(
    questions: "SimpleQueue[Question]",
    own: tuple[Plan, ...],
    suppose: Callable[[WantedWorld, frozenset[str]], tuple[Plan, ...]],
) -> None:
    """Whoever asked for a plan gets this pass' own, or what it would be with other files."""
    for question in drain(questions):
        try:
            question.answer.set_result(suppose(question.world, question.named) if question.world else own)
        except EngineError as problem:
            question.answer.set_exception(problem)


def wait_for(asked: "Future[Answer]") -> Answer:
    """The answer. Raises TransientError where it is late; then it is withdrawn, and nothing comes of it."""
    try:
        return asked.result(ANSWER_SECONDS)
    except TimeoutError as error:
        if not asked.cancel():
            return asked.result()
        raise TransientError(f"the loop did not come to it within {ANSWER_SECONDS:g} s; try again") from error
