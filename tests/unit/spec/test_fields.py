"""How two specs differ, in the format's own words."""

from dataclasses import replace

import pytest

from reconciler.spec.cluster import ClusterSpec, Health, Heartbeat, Port, Probe, Resources, Secret, Volume
from reconciler.spec.fields import differences
from reconciler.spec.units import MalformedError, parse_bytes, parse_seconds, show_bytes, show_seconds

SPEC = ClusterSpec(name="webapp", image="a:1", size=3)


def test_equal_specs_do_not_differ() -> None:
    assert differences(SPEC, replace(SPEC, dns="webapp")) == ()


def test_each_differing_field_is_named_with_both_values() -> None:
    new = replace(
        SPEC,
        image="a:2",
        size=5,
        zones=("az1", "az2"),
        ports=(Port(container=80, host_first=81, host_last=83), Port(container=53, protocol="udp")),
        environment={"A": "1"},
        secrets=(Secret(name="s", file="secrets/s"),),
        volumes=(Volume(source="data", target="/x", read_only=True),),
        resources=Resources(memory_bytes=256 * 1024**2, cpus=0.5),
        health=Health(heartbeat=Heartbeat(), probe=Probe(port=80), start_seconds=90.0),
        suspend=True,
        traffic=False,
    )
    assert differences(SPEC, new) == (
        ("image", "a:1", "a:2"),
        ("size", "3", "5"),
        ("zones", "[default]", "[az1, az2]"),
        ("ports", None, "[127.0.0.1:81-83:80, 53/udp]"),
        ("environment.A", None, "1"),
        ("secrets.s", None, "secrets/s"),
        ("volumes", None, "[data:/x:ro]"),
        ("resources.memory", None, "256MiB"),
        ("resources.cpus", None, "0.5"),
        ("health.heartbeat.interval", None, "1s"),
        ("health.heartbeat.misses", None, "3"),
        ("health.tcp.port", None, "80"),
        ("health.tcp.interval", None, "1s"),
        ("health.tcp.timeout", None, "1s"),
        ("health.tcp.misses", None, "3"),
        ("health.start", "30s", "1m30s"),
        ("suspend", "false", "true"),
        ("traffic", "true", "false"),
    )


def test_what_goes_away_has_no_new_value() -> None:
    old = replace(SPEC, environment={"A": "1", "B": "2"})
    assert differences(old, replace(SPEC, environment={"B": "3"})) == (
        ("environment.B", "2", "3"),
        ("environment.A", "1", None),
    )


def test_a_new_cluster_differs_in_all_its_fields_and_a_removed_one_too() -> None:
    assert ("image", None, "a:1") in differences(None, SPEC)
    assert ("size", "3", None) in differences(SPEC, None)


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        *(("1s", 1.0, "1s"), ("500ms", 0.5, "500ms"), ("1.5s", 1.5, "1500ms"), ("2m", 120.0, "2m")),
        *(("1m30s", 90.0, "1m30s"), ("90s", 90.0, "1m30s"), ("0s", 0.0, "0s"), ("1d", 86400.0, "1d")),
    ],
)
def test_durations_are_read_and_shown(text: str, seconds: float, shown: str) -> None:
    assert parse_seconds(text) == seconds
    assert show_seconds(seconds) == shown


@pytest.mark.parametrize(
    ("text", "size", "shown"),
    [
        *(("256MiB", 256 * 1024**2, "256MiB"), ("1g", 1024**3, "1GiB"), ("512m", 512 * 1024**2, "512MiB")),
        *(
            ("1.5GB", 1536 * 1024**2, "1536MiB"),
            ("64 kb", 65536, "64KiB"),
            ("1000b", 1000, "1000b"),
            (7, 7, "7b"),
        ),
    ],
)
def test_sizes_are_read_and_shown(text: str | int, size: int, shown: str) -> None:
    assert parse_bytes(text) == size
    assert show_bytes(size) == shown


@pytest.mark.parametrize("text", ["", "s", "1", "1 s", "-1s", "1s ", "1y", "٣s", "1s1", "9" * 50 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_seconds(text)


@pytest.mark.parametrize("text", ["", "1", "1x", "-1m", "1  m", "1mib ", "٣m", "9" * 50 + "m"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_bytes(text)
