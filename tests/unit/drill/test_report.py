"""The report: complete as JSON, and as a page that needs nothing else and believes no text that comes from outside."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest

from reconciler.drill.page import page
from reconciler.drill.reading import parse_drill
from reconciler.drill.recording import ClusterSample, Measured, ProbeSample, Recording, WorldSample
from reconciler.drill.report import About, Json, document
from reconciler.drill.runner import Ending, run
from reconciler.drill.timeline import timeline
from tests.support.fake_drill import BEGIN, FakeStage, VirtualClock

EVIL = "<script>alert(1)</script>"
TEXT = f"""\
kind: Drill
about: "A zone dies {EVIL}"
load: {{image: load}}
clients: {{command: [x]}}
steady: {{site: {{http: "http://127.0.0.1/", every: 100ms}}}}
steps:
  - wait: 10s
  - gorilla: {{zone: az2}}
  - wait: 20s
  - split-brain: {{for: 20s, meanwhile: [freeze: {{zone: az1, for: 8s}}]}}
expect:
  recovered: {{within: 10s}}
  failed_requests: {{below: 0.5%}}
  steady: {{failures_below: 1%}}
  wrong_replacements: 0
"""
VOID = {"meta", "link", "br", "img", "input"}


class Shape(HTMLParser):
    """What a page is made of: that its tags close, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def report() -> Json:
    clock = VirtualClock()
    stage = FakeStage(clock)
    stage.probe_fails = lambda at: f"status 503 {EVIL}" if BEGIN + 31 < at < BEGIN + 32.5 else ""
    series = [
        {"second": s, "requests": 50, "failures": 2 if s == 31 else 0, "journeys": 1, "median_ms": 9.0, "p99_ms": 30.0}
        for s in range(50)
    ]
    failures = [{"name": "GET /", "text": EVIL, "count": 2}]
    stage.load_document = {"requests": {"count": 2500, "failures": 2}, "failures": failures, "series": series}
    drill = parse_drill(TEXT.encode(), file="drills/zone.yaml")
    recording = Recording(clock.now())
    ending = run(drill, stage, clock, recording, Random(1))
    about = About(environment="test", version="1.2.3", seed=1)
    return document(drill, ending, recording.measured(clock.now()), about)


def test_the_document_is_plain_json_and_says_the_verdict_first(report: Json) -> None:
    assert list(report)[:3] == ["type", "passed", "verdict"]
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["type"] == "reconciler/drill/v1"
    assert report["verdict"].startswith("drills/zone.yaml:14: steady: failures below 1 % expected")


def test_the_document_has_each_fault_with_its_recovery(report: Json) -> None:
    gorilla, cut, freeze = report["faults"]
    assert (gorilla["kind"], gorilla["at"], gorilla["recovered_seconds"]) == ("gorilla", 10.0, 3.0)
    assert [victim["instance"] for victim in gorilla["victims"]] == ["web-2", "auth-2"]
    assert (cut["at"], cut["until"], cut["recovered_seconds"]) == (30.0, 50.0, 0.0)
    assert freeze["until"] == 38.0


def test_the_document_keeps_every_failure_and_every_change(report: Json) -> None:
    assert [probe["failed"] for probe in report["probes"]] == [14]
    assert sum(1 for _, _, why in report["probes"][0]["series"] if why) == 14
    web = next(cluster for cluster in report["clusters"] if cluster["name"] == "web")
    assert web["series"] == [[0.0, 3, 3, True], [10.1, 2, 3, False], [13.0, 3, 3, True]]


def test_every_key_of_the_document_is_described(report: Json) -> None:
    rows = [line for line in Path("docs/reference/drill.md").read_text().splitlines() if line.startswith("| `")]
    described = {key: row for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert set(report) <= set(described)
    for key, value in report.items():
        inner = value[0] if isinstance(value, list) and value else value
        for name in inner if isinstance(inner, dict) else ():
            assert f"`{name}`" in described[key], (key, name)


@pytest.fixture(scope="module")
def blind() -> Json:
    """One second in which the loop was away, and a probe that got no answer for four."""
    seen = (ClusterSample(name="web", desired=1, ready=1, all_ready=True),)
    worlds = (
        WorldSample(at=0.0, clusters=seen),
        WorldSample(at=4.0, problem="no loop is running"),
        WorldSample(at=4.5),
        WorldSample(at=5.0, clusters=seen),
    )
    probes = (ProbeSample(at=2.0, probe="site", seconds=4.0, why="no answer"),)
    drill = parse_drill(
        b'kind: Drill\nsteady: {site: {http: "http://x/", every: 500ms}}\nsteps: [wait: 1s]\n', file="x"
    )
    measured = Measured(began_at=0.0, ended_at=10.0, worlds=worlds, probes=probes)
    return document(drill, Ending(kind="finished"), measured, About(environment="test", version="1", seed=1))


def test_what_could_not_be_seen_is_no_line_that_goes_on(blind: Json) -> None:
    assert blind["unseen"] == [[4.0, 5.0, "no loop is running"]]
    assert '<rect class="unseen" x="400.0" y="0" width="100.00"' in timeline(blind)
    assert "ready whenever seen" in timeline(blind)


def test_a_failure_is_as_long_as_nobody_answered(blind: Json) -> None:
    assert '<rect class="bad" x="200.0" y="0" width="400.00"' in timeline(blind)


@pytest.mark.parametrize(
    "document",
    [
        {"series": None, "names": None, "failures": 3},
        {"series": [{"second": 0}, {"second": "x", "requests": 1, "failures": 0}, 7], "names": ["a"], "failures": [1]},
        {"series": [{"second": 1, "requests": 2, "failures": 1, "p99_ms": "slow"}], "requests": {"count": 2}},
    ],
)
def test_a_load_may_write_what_it_likes(blind: Json, document: Json) -> None:
    load = {"image": "load", "at": 0.0, "problem": "", "document": document}
    assert "<h2>Load</h2>" in page({**blind, "load": load})


def test_the_page_is_whole_and_loads_nothing(report: Json) -> None:
    text = page(report)
    shape = Shape()
    shape.feed(text)
    assert shape.open == []
    assert not shape.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert shape.addresses == []
    assert "url(" not in text
    assert "@import" not in text
    assert "http://" not in re.sub(r"<title>.*?</title>", "", text)


def test_nothing_that_comes_from_outside_becomes_markup(report: Json) -> None:
    text = page(report)
    assert EVIL not in text
    assert text.count("&lt;script&gt;") >= 3


def test_the_page_shows_the_verdict_and_every_figure(report: Json) -> None:
    text = page(report)
    shown = (">Broken<", report["verdict"], ">3.0 s<", ">the slowest of 3<", ">0.08 %<", ">2 of 2500<", "What happened")
    for words in shown:
        assert words in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_a_drill_that_was_broken_off_at_once_has_a_report_too() -> None:
    clock = VirtualClock()
    drill = parse_drill(b"kind: Drill\nsteps: [wait: 1s]\n", file="x.yaml")
    recording = Recording(clock.now())
    clock.interrupt_at = BEGIN
    ending = run(drill, FakeStage(clock), clock, recording, Random(1))
    report = document(drill, ending, recording.measured(BEGIN), About(environment="test", version="1", seed=1))
    assert (report["passed"], report["seconds"]) == (False, 0.0)
    assert ">Aborted<" in page(report)
