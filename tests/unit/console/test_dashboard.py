"""The dashboard fits its screen, keeps what matters, and can be exported as a picture."""

from io import StringIO
from threading import Event as Flag

import pytest
from rich.console import Console

from reconciler.console.dashboard import Screen, dashboard
from reconciler.console.glyphs import ASCII, UNICODE, Glyphs
from reconciler.console.live import watch
from reconciler.console.picture import picture
from reconciler.errors import LoopNotRunning
from reconciler.plan.status import WorldStatus
from tests.unit.console import worlds


def drawn(world: WorldStatus, width: int, height: int | None, glyphs: Glyphs = UNICODE) -> list[str]:
    stream = StringIO()
    console = Console(file=stream, width=width, markup=False, emoji=False, highlight=False)
    console.print(dashboard(world, worlds.events(), Screen(width=width, height=height, glyphs=glyphs, time="20:14:05")))
    return stream.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize("name", sorted(worlds.ALL))
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 20)])
def test_it_never_outgrows_its_screen(name: str, width: int, height: int) -> None:
    lines = drawn(worlds.ALL[name](), width, height)
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width


@pytest.mark.parametrize("name", sorted(worlds.ALL))
def test_an_ascii_terminal_gets_ascii_frames_and_signs(name: str) -> None:
    assert "".join(drawn(worlds.ALL[name](), 80, 24, ASCII)).isascii()


def test_a_small_cluster_is_a_card_with_its_zones_side_by_side() -> None:
    lines = drawn(worlds.world(worlds.cluster("auth", 2)), 80, 24)
    assert [line.rstrip() for line in lines[3:8]] == [
        "╭─  ● auth Ready  ─────────────────────────────────────────────────────────────╮",
        "│ 2 desired  2 current  2 updated  2 ready  2 available                   v000 │",
        "│ az1                       az2                       az3                      │",
        "│ ● auth1 ready 0.4s        ● auth2 ready 0.4s                                 │",
        "╰─────────────────────────────────────────────────────────  acmeair/auth:1.0  ─╯",
    ]


def test_when_room_is_short_healthy_clusters_shrink_and_the_troubled_one_stays_whole() -> None:
    healthy = [worlds.cluster(f"c{n}", 3) for n in range(10)]
    troubled = worlds.rolling().clusters[1]
    text = "\n".join(drawn(worlds.world(*healthy, troubled), 100, 30))
    assert "create webapp-4: exited with 137" in text
    assert "● Ready  c0  3/3" in text


def test_what_does_not_fit_at_all_is_counted() -> None:
    text = "\n".join(drawn(worlds.world(*(worlds.cluster(f"c{n}", 3) for n in range(40))), 80, 24))
    assert "more clusters: reconciler status" in text


def test_what_is_held_and_what_to_type_stay_on_the_smallest_screen() -> None:
    assert "reconciler confirm" in "\n".join(drawn(worlds.held(), 80, 24))


def test_the_picture_is_an_svg_of_the_same_dashboard() -> None:
    svg = picture(worlds.healthy(), worlds.events(), time="20:14:05")
    assert svg.startswith("<svg")
    assert "webapp1" in svg
    assert svg == picture(worlds.healthy(), worlds.events(), time="20:14:05")


def test_a_loop_that_goes_away_leaves_the_last_picture_up_and_says_so() -> None:
    stop, calls = Flag(), []

    def fetch() -> tuple[WorldStatus, tuple[()]]:
        calls.append(1)
        if len(calls) == 1:
            return worlds.healthy(), ()
        stop.set()
        raise LoopNotRunning("no loop answers")

    stream = StringIO()
    console = Console(file=stream, width=100, force_terminal=False)
    watch(fetch, console, stop, every_seconds=0.01)
    assert "nothing new can be seen: no loop answers" in stream.getvalue()
    assert "webapp1" in stream.getvalue()
