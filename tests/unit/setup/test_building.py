"""Several builds at once, without an engine: who starts when, what a failure leaves, what is seen of it."""

import io
from collections.abc import Callable
from contextlib import suppress
from threading import Barrier

import pytest
from rich.console import Console

from reconciler.errors import EngineUnavailable
from reconciler.setup.build_all import build_all
from reconciler.setup.build_display import Board, Row, table
from reconciler.setup.build_output import BuildFailed, Output
from reconciler.setup.findings import SetupError
from reconciler.setup.progress import Line

PARENTS = {
    "reconciler/a:latest": (),
    "reconciler/b:latest": (),
    "reconciler/c:latest": ("reconciler/a:latest", "reconciler/b:latest"),
    "reconciler/d:latest": ("reconciler/c:latest",),
}
NAMES = {reference: reference[11:12] for reference in PARENTS}
A, B, C, D = PARENTS
Work = Callable[[str, Line], bool]


def _run(work: Work, *, jobs: int = 2) -> tuple[list[str], str]:
    shown = io.StringIO()
    with Board(Console(file=shown, width=80), NAMES, clock=lambda: 0.0) as board:
        return build_all(PARENTS, work, board, jobs=jobs), shown.getvalue()


def test_what_stands_on_nothing_is_built_side_by_side_and_the_rest_after_it() -> None:
    together = Barrier(2, timeout=10)
    began: list[str] = []

    def work(reference: str, said: Line) -> bool:
        began.append(reference)
        if reference in (A, B):
            together.wait()  # breaks unless the other one is being built now
        said("step 1/1 FROM x")
        return True

    built, shown = _run(work)
    assert set(began[:2]) == {A, B}
    assert (began[2:], built[2:]) == ([C, D], [C, D])
    assert "reconciler/c:latest: step 1/1 FROM x\nreconciler/c:latest: built in 0.0 s\n" in shown


def test_one_job_builds_one_at_a_time() -> None:
    busy: list[str] = []

    def work(reference: str, said: Line) -> bool:
        assert not busy
        busy.append(reference)
        said("works")
        busy.remove(reference)
        return True

    assert _run(work, jobs=1)[0] == [A, B, C, D]


def test_what_somebody_else_built_meanwhile_is_not_counted() -> None:
    assert _run(lambda reference, _: reference != A)[0] == [B, C, D]


def test_a_failure_leaves_out_what_stands_on_it_and_the_rest_is_finished() -> None:
    built = []

    def work(reference: str, said: Line) -> bool:
        said("step 1/2 RUN x")
        if reference == A:
            raise BuildFailed("step 1/2 failed: RUN x")
        built.append(reference)
        return True

    with pytest.raises(SetupError) as caught:
        _run(work)
    assert built == [B]
    assert str(caught.value) == (
        "reconciler/a:latest was not built: step 1/2 failed: RUN x\n"
        "Not built either, because they stand on it: reconciler/c:latest, reconciler/d:latest"
    )


def test_an_engine_that_is_gone_is_said_once() -> None:
    def work(_: str, __: Line) -> bool:
        raise EngineUnavailable("the engine does not answer")

    with pytest.raises(EngineUnavailable, match="does not answer"):
        _run(work)


def _follow(*messages: dict[str, object]) -> tuple[Output, list[str], io.StringIO]:
    log = io.StringIO()
    output, said = Output(log), list[str]()
    try:
        output.follow(messages, said.append)
    finally:
        log.seek(0)
    return output, said, log


def test_output_comes_in_pieces_and_is_read_as_lines() -> None:
    _, said, log = _follow(
        {"stream": "Step 1/2 : FROM x"}, {"stream": "\n"}, {"stream": "Step 2/2 : RUN   y\n"}, {"stream": "no end"}
    )
    assert said == ["step 1/2 FROM x", "step 2/2 RUN y"]
    assert log.read() == "Step 1/2 : FROM x\nStep 2/2 : RUN   y\nno end\n"


def test_a_failing_step_is_named_with_its_own_last_lines() -> None:
    lines = "".join(f"line {number}\n" for number in range(20))
    with pytest.raises(BuildFailed) as caught:
        _follow(
            {"stream": "Step 1/2 : FROM x\n"},
            {"stream": "Step 2/2 : RUN y\n ---> Running in 12ab\n"},
            {"stream": lines + "\x1b[91mred\x1b[0m\n"},
            {"stream": "\x1b[0mRemoving intermediate container 12ab\n"},
            {"error": "The command '/bin/sh -c y' returned a non-zero code: 7"},
        )
    said = str(caught.value).splitlines()
    assert said[:2] == ["step 2/2 failed: RUN y", "  its last lines:"]
    assert said[2:] == [
        *(f"    line {number}" for number in range(6, 20)),
        "    red",
        "    (exit code 7)",
    ]


def test_a_full_disk_is_answered_with_what_to_do() -> None:
    with pytest.raises(BuildFailed, match="docker system prune"):
        _follow({"error": "write /x: no space left on device"})


def test_a_line_for_each_image_fits_into_80_columns() -> None:
    rows = [
        Row(name="base", end="up to date"),
        Row(name="java", text="step 2/4 RUN apt-get update && " + "x" * 80, began_at=0.0),
        Row(name="maven", text="waits for java"),
        Row(name="web", end="built", began_at=0.0, ended_at=7.0),
        Row(name="zuul", end="failed", text="at step 4/9 RUN mvn", began_at=0.0, ended_at=9.0),
        Row(name="load", end="not built", text="needs zuul"),
    ]
    console = Console(file=io.StringIO(), width=80)
    console.print(table(rows, 12.0, width=77))
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert max(map(len, lines)) <= 77
    assert lines == [
        "base   up to date",
        "java   step 2/4 RUN apt-get update && xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  12 s",
        "maven  waits for java",
        "web    built                                                              7 s",
        "zuul   failed at step 4/9 RUN mvn                                         9 s",
        "load   not built: needs zuul",
    ]


def test_an_interrupted_board_says_what_was_not_done() -> None:
    board = Board(Console(file=io.StringIO(), width=80), NAMES, clock=lambda: 0.0)
    with suppress(KeyboardInterrupt), board:
        board.ended(A, "up to date")
        board.began(B)
        raise KeyboardInterrupt
    assert [row.end for row in board.rows.values()] == ["up to date", "interrupted", "not built", "not built"]
