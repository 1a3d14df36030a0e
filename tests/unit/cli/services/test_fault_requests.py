"""Requests for faults become the faults that the command line would make, or sentences about their fields."""

from random import Random
from typing import Any

import pytest

from reconciler.chaos.faults import KINDS, Burn, Dns, Fault, Fill, Freeze, Gorilla, Loss, Monkey, SplitBrain, Target
from reconciler.cli.services.fault_requests import fault_of, seed_of
from reconciler.errors import UsageError

WEB = Target(name="web-1")


def made(**request: Any) -> Fault:
    return fault_of(request, Random(1))


def refused(**request: Any) -> list[str]:
    with pytest.raises(UsageError) as caught:
        made(**request)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        ({"kind": "monkey", "cluster": "web", "seed": 7}, Monkey(cluster="web", seed=7)),
        (
            {"kind": "gorilla", "zone": "az2", "keep_down": True, "seconds": "1m"},
            Gorilla(zone="az2", keep_down=True, seconds=60),
        ),
        (
            {"kind": "split-brain", "shape": "halves", "sides": [["az1"], ["az2", "az3"]], "spare": True},
            SplitBrain(shape="halves", sides=(("az1",), ("az2", "az3")), spare=True),
        ),
        (
            {"kind": "freeze", "name": "web-1", "seconds": 12, "anyway": True},
            Freeze(target=WEB, seconds=12, anyway=True),
        ),
        ({"kind": "freeze", "name": "web-1", "zone": None}, Freeze(target=WEB)),
        ({"kind": "loss", "zone": "az1", "percent": 12.5}, Loss(target=Target(zone="az1"), percent=12.5)),
        ({"kind": "dns", "name": "web", "one": True, "seed": 3}, Dns(target=Target(name="web", one=True, seed=3))),
        ({"kind": "burn", "name": "web-1", "workers": 2}, Burn(target=WEB, workers=2)),
        (
            {"kind": "fill", "name": "web-1", "size": "1GiB", "path": "/var"},
            Fill(target=WEB, size_bytes=2**30, path="/var"),
        ),
    ],
)  # fmt: skip
def test_a_request_is_the_fault_of_the_same_words(request_: dict[str, Any], fault: Fault) -> None:
    assert made(**request_) == fault


def test_what_is_left_to_chance_gets_its_seed_at_once() -> None:
    monkey, one, all_of_them = (
        made(kind="monkey"),
        made(kind="agent", name="web", one=True),
        made(kind="dns", name="web"),
    )

    assert isinstance(seed_of(monkey), int)
    assert isinstance(seed_of(one), int)
    assert seed_of(all_of_them) is None


def test_an_unknown_kind_is_told_which_there_are() -> None:
    (line,) = refused(kind="meteor")
    assert line.startswith("kind: ")
    assert all(kind in line for kind in KINDS)
    assert refused()[0].startswith("kind: ")
    assert refused(kind=["monkey"])[0].startswith("kind: ")


def test_every_wrong_field_has_its_own_line() -> None:
    lines = refused(kind="fill", name="web-1", size="lots", path=3, seconds="soon", spare="yes", colour="red")
    assert [line.partition(":")[0] for line in lines] == ["colour", "seconds", "spare", "size", "path"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"kind": "gorilla"}, "zone"),
        ({"kind": "split-brain"}, "shape"),
        ({"kind": "split-brain", "shape": "star"}, "shape"),
        ({"kind": "split-brain", "shape": "halves", "sides": "az1"}, "sides"),
        ({"kind": "split-brain", "shape": "halves", "sides": [["az1", ""]]}, "sides"),
        ({"kind": "monkey", "seconds": 3}, "seconds"),
        ({"kind": "monkey", "seed": -1}, "seed"),
        ({"kind": "monkey", "seed": True}, "seed"),
        ({"kind": "freeze", "name": "web", "seed": 3}, "seed"),
        ({"kind": "freeze", "name": "web\nauth"}, "name"),
        ({"kind": "freeze", "name": "web", "seconds": float("nan")}, "seconds"),
        ({"kind": "freeze", "name": "web", "seconds": float("inf")}, "seconds"),
        ({"kind": "loss", "name": "web", "percent": "20"}, "percent"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(request_: dict[str, Any], field: str) -> None:
    assert [line.partition(":")[0] for line in refused(**request_)] == [field]
