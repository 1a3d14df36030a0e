"""Plots: geometry that stays inside its drawing, and says in words what it shows."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.console.web.plots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Series, Stretch, plot, spark
from reconciler.console.web.samples import SPAN_SECONDS

NOW = 1_000_000.0
VALUES = st.lists(st.floats(min_value=0, max_value=1e6, allow_nan=False), min_size=1, max_size=60)


def series(values: list[float], *, stepped: bool = False) -> Series:
    points = [(NOW - 2.0 * (len(values) - 1 - n), value) for n, value in enumerate(values)]
    return Series(kind="ready", label="ready", points=points, stepped=stepped)


def places(path: str) -> tuple[list[float], list[float]]:
    """All x, all y of a path."""
    pairs = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.e+-]+) ([\d.e+-]+)", path)]
    across = [x for x, _ in pairs] + [float(x) for x in re.findall(r"H([\d.e+-]+?)(?=[A-Z]|$)", path)]
    up = [y for _, y in pairs] + [float(y) for y in re.findall(r"V([\d.e+-]+?)(?=[A-Z]|$)", path)]
    return across, up


@given(VALUES, st.booleans())
def test_every_line_stays_inside(values: list[float], stepped: bool) -> None:
    (line,) = plot("size", "Size", [series(values, stepped=stepped)], NOW).lines

    across, up = places(line.path)
    assert all(LEFT <= x <= WIDTH - RIGHT for x in across)
    assert all(TOP <= y <= HEIGHT - BOTTOM for y in up)


def test_a_known_plot() -> None:
    (line,) = plot("size", "Size", [series([4, 4, 2, 4], stepped=True)], NOW).lines

    assert line.path == "M573.2 22H592.8H612.4V79H632V22"
    assert line.last == "4"


def test_there_is_no_half_of_an_instance_at_the_axis() -> None:
    for most, words in ((1, ["0", "1"]), (2, ["0", "1", "2"]), (3, ["0", "2", "4"]), (5, ["0", "3", "6"])):
        assert [tick.text for tick in plot("size", "Size", [series([most], stepped=True)], NOW).up] == words
    assert [tick.text for tick in plot("load", "Load", [series([0.3])], NOW).up] == ["0", "0.2", "0.4"]


def test_a_pause_of_the_samples_breaks_the_line() -> None:
    points = [(NOW - 60, 1.0), (NOW - 58, 1.0), (NOW - 10, 1.0), (NOW - 8, 1.0)]

    (line,) = plot("size", "Size", [Series(kind="ready", label="ready", points=points)], NOW).lines

    assert line.path.count("M") == 2


def test_what_is_older_than_the_plot_is_left_out() -> None:
    points = [(NOW - SPAN_SECONDS - 100, 9.0), (NOW - 4, 1.0), (NOW - 2, 1.0)]

    found = plot("size", "Size", [Series(kind="ready", label="ready", points=points)], NOW)

    assert found.says == "Size: ready 1 now, 1 to 1"


def test_nothing_known_says_so() -> None:
    empty = plot("size", "Size", [Series(kind="ready", label="ready", points=[])], NOW)

    assert empty.lines == ()
    assert empty.says == "Size: nothing yet"


def test_words_tell_what_the_lines_show() -> None:
    assert plot("size", "Size", [series([4, 2, 3])], NOW).says == "Size: ready 3 now, 2 to 4"


def test_bands_of_before_are_left_out_and_the_others_are_inside() -> None:
    stretches = [
        Stretch(kind="recovery", began_at=NOW - 5000, ended_at=NOW - 4000, text="", says="long ago"),
        Stretch(kind="recovery", began_at=NOW - 500, ended_at=NOW - 20, text="480 s", says="since before"),
    ]

    (band,) = plot("size", "Size", [series([1.0] * 10)], NOW, stretches).bands

    assert band.says == "since before"
    assert band.x >= LEFT
    assert band.x + band.width <= WIDTH - RIGHT


def test_a_spark_of_what_never_changes_is_the_same_whenever_it_is_drawn() -> None:
    first, later = ([(at + 2.0 * n, 3.0) for n in range(100)] for at in (0.0, 50.0))

    assert spark(first) == spark(later)


def test_a_spark_needs_two_values() -> None:
    assert spark([(1.0, 1.0)]) is None
