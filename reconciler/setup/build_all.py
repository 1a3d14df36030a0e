"""Several images built at once, each as soon as those that it stands on are there.

Before: images (what is wrong), build_one (the work), build_display (what is seen). After: doctor, demo, `images build`.
Never here: what a build is.
The threads are daemons: whoever interrupts us leaves at once, and the engine gives up a build that nobody reads.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from queue import SimpleQueue
from threading import Thread

from rich.console import Console

from reconciler.errors import EngineUnavailable, ReconcilerError
from reconciler.setup import base_image, carried
from reconciler.setup.build_display import Board
from reconciler.setup.build_one import build
from reconciler.setup.findings import SetupError
from reconciler.setup.image_order import Parents, longest_way_first, standing_on
from reconciler.setup.images import PREFIX, Folder, State, parse, states
from reconciler.setup.locate import Endpoint
from reconciler.setup.progress import Line

FEWEST_JOBS, MOST_JOBS = 2, 4  # one downloads while the other compiles; more than these fill the memory

Build = Callable[[str, Line], bool]  # reference and what takes its progress; False where nothing was to be done


def usual_jobs() -> int:
    """How many builds at once suit this machine."""
    return min(max(FEWEST_JOBS, os.cpu_count() or 1), MOST_JOBS)


def build_missing(
    endpoint: Endpoint,
    wanted: Sequence[Folder],
    console: Console,
    *,
    jobs: int | None = None,
    anew: bool = False,
) -> list[str]:
    """Build what is absent or outdated, or all of it `anew`; the references built.

    Raises SetupError with the failing step's last lines.
    """
    found = {state.folder.reference: state for state in states(endpoint, wanted)}
    lacking = {reference: state for reference, state in found.items() if anew or not state.is_right}
    _prepare(endpoint, tuple(lacking.values()), console)
    with Board(console, {reference: state.folder.name for reference, state in found.items()}) as board:
        for reference in found:
            if reference not in lacking:
                board.ended(reference, "up to date")
        return build_all(
            {reference: state.folder.parents for reference, state in lacking.items()},
            lambda reference, said: build(endpoint, lacking[reference], said, anew=anew),
            board,
            jobs=jobs or usual_jobs(),
        )


def _prepare(endpoint: Endpoint, lacking: Sequence[State], console: Console) -> None:
    """What they all start from, and a word on what no build is told."""
    if any(base_image.REFERENCE in state.folder.parents for state in lacking):
        base_image.provide(endpoint, carried.look(), console)
    declared = {name for state in lacking for name in parse(state.folder.directory).arguments}
    for name in carried.withheld(declared, os.environ):
        remark = f"{name} looks like a secret, so no build is told it: an image's history can be read."
        console.print(remark, markup=False, highlight=False, soft_wrap=True)


def build_all(parents: Parents, build: Build, board: Board, *, jobs: int) -> list[str]:
    """Build all of `parents`, each after those it stands on, `jobs` at once; those built, as they were done.

    A failure leaves out what stands on it; the rest goes on. Raises SetupError that names all failures at the end, and
    at once what makes all further builds vain: EngineUnavailable, or a bug of ours.
    """
    ends: SimpleQueue[tuple[str, bool, Exception | None]] = SimpleQueue()
    waiting = dict.fromkeys(longest_way_first(parents))
    done: list[str] = []
    built: list[str] = []
    failures: dict[str, str] = {}
    running: set[str] = set()
    while waiting or running:
        _tell_waiting(parents, waiting, done, board)
        for reference in [name for name in waiting if _ready(parents, name, done)][: jobs - len(running)]:
            del waiting[reference]
            running.add(reference)
            board.began(reference)
            Thread(target=_work, args=(reference, build, board, ends), name=reference, daemon=True).start()
        reference, anew, error = ends.get()
        running.discard(reference)
        if error is None:
            done.append(reference)
            built += [reference] if anew else []
            board.ended(reference, "built" if anew else "up to date")
            continue
        if isinstance(error, EngineUnavailable) or not isinstance(error, ReconcilerError):
            raise error
        failures[reference] = str(error)
        board.ended(reference, "failed")
        for vain in standing_on(parents, reference) & waiting.keys():
            del waiting[vain]
            board.ended(vain, "not built", f"needs {_short(reference)}")
    if failures:
        raise SetupError(_explain(failures, [name for name in parents if name not in done and name not in failures]))
    return built


def _work(reference: str, build: Build, board: Board, ends: "SimpleQueue[tuple[str, bool, Exception | None]]") -> None:
    try:
        ends.put((reference, build(reference, lambda text: board.said(reference, text)), None))
    except Exception as error:  # noqa: BLE001  # carried to the thread that can tell it
        ends.put((reference, False, error))


def _ready(parents: Parents, reference: str, done: Sequence[str]) -> bool:
    return all(parent in done for parent in parents[reference] if parent in parents)


def _tell_waiting(parents: Parents, waiting: Iterable[str], done: Sequence[str], board: Board) -> None:
    for reference in waiting:
        missing = [_short(name) for name in parents[reference] if name in parents and name not in done]
        board.waits(reference, f"waits for {', '.join(missing)}" if missing else "waits for its turn")


def _short(reference: str) -> str:
    return reference.removeprefix(PREFIX).removesuffix(":latest")


def _explain(failures: Mapping[str, str], vain: Sequence[str]) -> str:
    lines = [f"{reference} was not built: {text}" for reference, text in failures.items()]
    if vain:
        lines.append(f"Not built either, because they stand on it: {', '.join(vain)}")
    return "\n".join(lines)
