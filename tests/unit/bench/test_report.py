"""The statistics and the page of `make bench`; nothing is measured here."""

import pytest

from tests.bench import report
from tests.bench.machine import Machine
from tests.bench.values import Samples, at_least, at_most, faster_at_least, figure, samples, slower_at_most

MACHINE = Machine(
    processor="a processor", cores=2, memory_gib=23.5, kernel="6.1", python="3.11.7", engine="20.10 (API 1.41)",
    commit="abc1234", date="2026-01-02 03:04 UTC", loads=(0.3, 1.5, 2.5),
)  # fmt: skip


def test_samples_know_their_middle_and_their_ends() -> None:
    some = samples([0.3, 0.1, 0.2, 0.9, 0.4])
    assert (some.low, some.median, some.high) == (0.1, 0.3, 0.9)


@pytest.mark.parametrize(("share", "value"), [(0.95, 95.0), (0.5, 50.0), (1.0, 100.0), (0.001, 1.0)])
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert samples(float(number) for number in range(100, 0, -1)).percentile(share) == value


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("s", 4.186, "4.19 s"),
        ("ms", 0.0123, "12.3 ms"),
        ("ms", 0.1234, "123 ms"),
        ("%", 0.0312, "3.12 %"),
        ("MiB", 62 * 1024**2, "62.0 MiB"),
        ("", 0.0, "0"),
    ],
)
def test_values_are_shown_in_their_unit(unit: str, value: float, text: str) -> None:
    assert Samples(values=(value,), unit=unit).show(value) == text


def test_a_limit_is_on_the_median_and_reaching_it_is_enough() -> None:
    measured = samples([1.0, 2.0, 50.0])
    assert at_most("figure", measured, 2.0, "how").reached
    assert not at_most("figure", measured, 1.9, "how").reached


def test_a_limit_on_the_95th_percentile_forgives_one_in_twenty() -> None:
    row = at_most("figure", samples([0.1] * 19 + [9.0], "ms"), 0.15, "how", p95=True)
    assert row.reached
    assert row.must == "p95 100 ms, ≤ 150 ms"


def test_ratios_compare_medians_both_ways() -> None:
    ours, yardstick = samples([3.0, 2.0, 4.0]), samples([6.0, 5.0, 9.0])
    slower = slower_at_most("figure", ours, yardstick, 0.4, "how")
    faster = faster_at_least("figure", ours, yardstick, 1.5, "how")
    assert (slower.ratio, slower.reached) == (0.5, False)
    assert (faster.ratio, faster.reached) == (2.0, True)


def test_the_page_holds_the_table_the_machine_and_how_each_was_measured() -> None:
    rows = [
        at_most("first", samples([1.0, 2.0, 3.0]), 2.5, "with a clock."),
        slower_at_most("second", samples([2.0]), samples([1.0]), 1.5, "with two."),
    ]
    page = report.page(rows, MACHINE)
    assert "| first | 2.00 s (1.00 s … 3.00 s, n=3) | - | - | ≤ 2.50 s | reached |" in page
    assert "| second | 2.00 s (2.00 s … 2.00 s, n=1) | 1.00 s (1.00 s … 1.00 s, n=1) | 2.00 x |" in page
    assert "| ≤ 1.5 x | **not reached** |" in page
    assert "- machine: 2 x a processor, 24 GiB\n" in page
    assert "- commit: abc1234\n" in page
    assert "- load: 0.3 processes on 2 cores before the run, 1.5 to 2.5 during it" in page
    assert "- **second**: with two.\n" in page


def test_a_bar_in_a_name_does_not_break_the_table() -> None:
    assert "a / b" in report.table([at_most("a | b", samples([1.0]), 1.0, "how")])


def test_a_rate_has_to_reach_its_limit() -> None:
    rates = samples([9_000.0, 12_000.0, 10_000.0], "/s")
    assert at_least("figure", rates, 10_000.0, "how").reached
    assert not at_least("figure", rates, 10_001.0, "how").reached
    assert str(rates) == "10000 /s (9000 /s … 12000 /s, n=3)"


def test_a_figure_without_a_bound_is_only_told() -> None:
    told = figure("told", samples([4.0]), "how", against=samples([2.0]))
    assert report.table([told]).endswith(
        "| told | 4.00 s (4.00 s … 4.00 s, n=1) | 2.00 s (2.00 s … 2.00 s, n=1) | 2.00 x | - |  |"
    )
