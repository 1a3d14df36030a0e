"""What others ask of the loop and get answered by the deciding thread, after a pass of its own.

Before: desk puts a question here. After: runner has them answered with what that pass saw, and no later.
Nobody waits in here; who asked and gave up is passed over.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from queue import SimpleQueue

from reconciler.errors import EngineError, TransientError
from reconciler.loop.workqueue import drain
from reconciler.plan.plan import Plan
from reconciler.spec.wanted import WantedWorld

ANSWER_SECONDS = 4.0  # less than a client waits


class Question:
    """A plan that somebody asked for: with `world` in the place of the directory's, None for its own."""

    def __init__(self, world: WantedWorld | None) -> None:
        self.world = world
        self.answer: Future[tuple[Plan, ...]] = Future()


class Confirmation:
    """A person's word that held deletions may go on: of these clusters, None for all that it can help."""

    def __init__(self, names: Collection[str] | None) -> None:
        self.names = names
        self.answer: Future[tuple[str, ...]] = Future()


def answer_plans(
    questions: "SimpleQueue[Question]", own: tuple[Plan, ...], suppose: Callable[[WantedWorld], tuple[Plan, ...]]
) -> None:
    """Whoever asked for a plan gets this pass' own, or what it would be with other files."""
    for question in drain(questions):
        try:
            question.answer.set_result(suppose(question.world) if question.world else own)
        except EngineError as problem:
            question.answer.set_exception(problem)


def answer_confirmations(
    confirmations: "SimpleQueue[Confirmation]", release: Callable[[Collection[str] | None], tuple[str, ...]]
) -> None:
    """Whoever confirms hears what was released; nothing is for one who was told already that it came to nothing."""
    for asked in drain(confirmations):
        if asked.answer.set_running_or_notify_cancel():
            asked.answer.set_result(release(asked.names))


def wait_for_release(asked: "Future[tuple[str, ...]]") -> tuple[str, ...]:
    """The answer. Raises TransientError where it is late; then it is withdrawn, and nothing comes of it."""
    try:
        return asked.result(ANSWER_SECONDS)
    except TimeoutError as error:
        if not asked.cancel():
            return asked.result()
        raise TransientError(f"the loop did not come to it within {ANSWER_SECONDS:g} s; try again") from error
