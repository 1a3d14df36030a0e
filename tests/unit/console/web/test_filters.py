"""How values are written on pages: short, escaped, and never growing older by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.console.web.filters import (
    ago,
    beat,
    clock,
    difference,
    dot,
    duration,
    figure,
    lasting,
    output,
    size,
    state,
    told,
    until,
    verdict,
    visible,
)
from reconciler.plan.status import Verdict
from tests.support import fake_world


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\u2013"), (-1, "0.0 s"), (0.44, "0.4 s"), (12.2, "12 s"), (60, "1 min"), (123, "2 min 3 s"),
        (3600, "1 h"), (18_600, "5 h 10 min"), (90_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_a_duration_has_at_most_two_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("`reconciler stop` ends <it>", "<code>reconciler stop</code> ends &lt;it&gt;"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("a ` alone", "a ` alone"),
        ("", ""),
    ],
)
def test_a_command_looks_like_one(text: str, html: str) -> None:
    assert told(text) == html


def test_how_long_something_lasts_is_left_to_the_script() -> None:
    assert "data-for>" in lasting(1_795_921_200.0)
    assert lasting(None) == "\u2013"


@pytest.mark.parametrize(
    ("count", "text"), [(None, "\u2013"), (512, "512 B"), (48 * 1024**2, "48.0 MiB"), (900 * 1024**2, "900 MiB")]
)
def test_bytes_are_written_in_the_unit_that_suits_them(count: float | None, text: str) -> None:
    assert size(count) == text


def test_figures_are_short() -> None:
    assert [figure(value) for value in (None, 0.4242, 12.5, 1234.6)] == ["\u2013", "0.424", "12.5", "1,235"]


def test_a_moment_is_written_for_machines_and_for_people() -> None:
    at = 1_795_921_200.5
    assert clock(at) == '<time datetime="2026-11-29T03:00:00.500Z" title="2026-11-29 03:00:00 UTC">03:00:00</time>'
    assert " data-ago>" in ago(at)
    assert " data-until>" in until(at)
    assert ago(None) == ago(-5.0) == ago(1e18) == "\u2013"


def test_every_verdict_has_a_sign_and_a_word() -> None:
    chips = {one: verdict(one) for one in Verdict}
    assert all(f"</span>{one.value}</span>" in chip for one, chip in chips.items())
    assert len({chip.split("</span>")[0][-1] for chip in chips.values()}) == len(chips)


def test_a_dot_says_in_words_what_it_shows() -> None:
    shown = dot(fake_world.instance("webapp", 3, Verdict.SUSPECT))
    assert 'aria-label="webapp3, suspect, az3"' in shown
    assert "◌" in shown


def test_a_cluster_is_one_word() -> None:
    assert "Ready" in state(fake_world.cluster("webapp", 2))


def test_a_live_render_leaves_the_age_of_a_heartbeat_to_the_script() -> None:
    instance = fake_world.instance("webapp", 1)
    assert beat({"is_live": False}, instance).endswith(">0.4 s</span>")  # type: ignore[arg-type]
    assert beat({"is_live": True}, instance).endswith("></span>")  # type: ignore[arg-type]


@given(st.text())
def test_no_difference_brings_markup_of_its_own(text: str) -> None:
    shown = difference(f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-{text}\n+<script>\n")
    assert "<script>" not in shown
    assert '<span class="diff-added">+&lt;script&gt;\n</span>' in shown


def test_what_a_reader_would_not_see_is_written_out() -> None:
    assert visible("size: 1 # \u202e\u2066 a\x1b[2J\u200b\ud800\ttab\r\nline\rover\n") == (
        "size: 1 # \\u202e\\u2066 a\\x1b[2J\\u200b\\ud800\ttab\nline\\rover\n"
    )
    assert visible("gr\u00fc\u00dfe, \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f680") == (
        "gr\u00fc\u00dfe, \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f680"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m\x1b[K\n", "red\n"),
        ("\x1b]0;title\x07after", "after"),
        ("one\r\ntwo\ttabbed", "one\ntwo\ttabbed"),
        ("bell\x07 null\x00 c1\x9b", r"bell\x07 null\x00 c1\x9b"),
        ("Gr\u00fc\u00dfe \u6f22\u5b57", "Gr\u00fc\u00dfe \u6f22\u5b57"),
    ],
)
def test_what_a_program_prints_is_read_without_its_terminal(written: str, shown: str) -> None:
    assert output(written) == shown


def test_no_text_makes_a_line_of_a_difference_that_is_none() -> None:
    shown = difference("@@ -1 +1 @@\n-a\n+b # x\u2028-size: 5\x85+size: 0\r-c\n")
    assert shown.count("<span") == 3
    assert "b # x\\u2028-size: 5\\x85+size: 0\\r-c\n" in shown
