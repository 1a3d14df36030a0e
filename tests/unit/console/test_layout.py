"""Cells, ages and cuts: the small rules that keep every screen readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reconciler.console.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from reconciler.console.layout import age, clean, duration, fit, wrap


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.04, "0.0s"), (0.44, "0.4s"), (9.97, "10s"), (119, "119s"), (150, "2m"), (7300, "2h"),
     (200_000, "2d"), (-1.0, "0.0s")],
)  # fmt: skip
def test_ages_take_at_most_four_characters(seconds: float | None, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0, ""), (0.314, "0.31 s"), (12.04, "12.0 s")])
def test_durations_are_as_exact_as_they_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.text(), st.integers(min_value=3, max_value=60), st.sampled_from([UNICODE, ASCII]))
def test_a_cut_text_always_fits(text: str, width: int, glyphs: Glyphs) -> None:
    assert cell_len(fit(text, width, glyphs)) <= width


@given(st.text(), st.integers(min_value=8, max_value=60))
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())


@given(st.text())
def test_nothing_that_moves_the_cursor_survives(text: str) -> None:
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in clean(text))


@pytest.mark.parametrize(
    ("encoding", "glyphs"), [("utf-8", UNICODE), ("UTF8", UNICODE), ("ascii", ASCII),
     ("latin-1", ASCII), (None, ASCII)]
)  # fmt: skip
def test_the_signs_follow_the_encoding(encoding: str | None, glyphs: Glyphs) -> None:
    assert glyphs_for(encoding) is glyphs
