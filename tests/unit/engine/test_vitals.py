"""What the base image's agent measures: rates, and what a main process writes."""

import os
from pathlib import Path

import pytest
from vitals import Counter, Metrics, Vitals

from reconciler.engine.heartbeat_http import MAX_BODY_BYTES, read_report

WRITTEN = 1_000_000.0  # Unix seconds, when the file was last written
NOW = 100.0


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of day as the agent sees it, in its only item."""
    at = [WRITTEN]
    monkeypatch.setattr("vitals.time.time", lambda: at[0])
    return at


def write(path: Path, text: str, at: float = WRITTEN) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))


def test_a_rate_is_over_the_last_seconds() -> None:
    counter = Counter()
    assert counter.rate() is None
    for second in range(20):
        counter.note(float(second), 10.0 * second if second < 10 else 100.0 + 2.0 * (second - 10))
    assert counter.rate() == 2.0


def test_a_counter_that_begins_anew_is_never_a_negative_rate() -> None:
    counter = Counter()
    counter.note(0.0, 1000.0)
    counter.note(1.0, 1010.0)
    counter.note(2.0, 3.0)
    assert counter.rate() is None
    counter.note(3.0, 8.0)
    assert counter.rate() == 5.0


def test_gauges_are_told_and_counters_become_rates(tmp_path: Path, wall: list[float]) -> None:
    path = tmp_path / "metrics"
    metrics = Metrics(str(path))
    assert metrics.measure(NOW) == {}
    write(path, "# a comment\nqueue 3\n\nrequests_total 100\n", WRITTEN)
    assert metrics.measure(NOW) == {b"queue": 3.0}
    write(path, "queue 4\nrequests_total 150\n", WRITTEN + 2.0)
    wall[0] += 2.5
    assert metrics.measure(NOW + 2.5) == {b"queue": 4.0, b"requests": 25.0}
    assert metrics.complaint == ""


def test_the_rate_of_a_file_that_is_not_written_any_more_falls_to_nought(tmp_path: Path, wall: list[float]) -> None:
    path = tmp_path / "metrics"
    metrics = Metrics(str(path))
    for second, count in ((0.0, 0), (1.0, 50)):
        write(path, f"requests_total {count}\n", WRITTEN + second)
        wall[0] = WRITTEN + second
        metrics.measure(NOW + second)
    rates = []
    for second in range(2, 20):
        wall[0] = WRITTEN + second
        rates.append(metrics.measure(NOW + second)[b"requests"])
    assert rates[0] == 50.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 1\na 2\n", {b"a": 1.0}),
        ("a -1\nb nan\nc inf\nd 1e999\ne 0x1\nf\ng 1 2\nh 2\n", {b"h": 2.0}),
        ("1a 1\na-b 1\n\u00e4 1\n" + "x" * 65 + ' 1\n"q" 1\nok 1\n', {b"ok": 1.0}),
        ("a 1e3\r\nB_2 0.5", {b"a": 1000.0, b"B_2": 0.5}),
        ("_total 3\n", {}),
    ],
)
def test_lines_that_say_nothing_are_passed_over(
    tmp_path: Path, text: str, expected: dict[bytes, float], wall: list[float]
) -> None:
    path = tmp_path / "metrics"
    write(path, text)
    assert wall
    assert Metrics(str(path)).measure(NOW) == expected


def test_what_is_no_plain_small_file_is_not_read(tmp_path: Path) -> None:
    long, pipe, link = tmp_path / "long", tmp_path / "pipe", tmp_path / "link"
    long.write_text("a 1\n" * 3000)
    os.mkfifo(pipe)
    link.symlink_to("/proc/self/environ")
    for path in (long, pipe, link, tmp_path):
        metrics = Metrics(str(path))
        assert metrics.measure(NOW) == {}
        assert str(path) in metrics.complaint


def test_the_longest_beat_is_one_that_the_listener_takes(tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    path.write_text("".join(f"{'x' * 60}{number:04} 123456789.5\n" for number in range(80)))
    body = Vitals(str(path)).measure()
    report = read_report(body)
    assert report is not None
    assert (len(report.metrics), len(body) < MAX_BODY_BYTES) == (64, True)
    assert report.uptime_seconds > 0
