"""Places in the ring, cards, the record, what the JVM is started with."""

import itertools
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

cards = import_module("cassandra_node.cards")
launching = import_module("cassandra_node.launching")
meeting = import_module("cassandra_node.meeting")
records = import_module("cassandra_node.record")
settings = import_module("cassandra_node.settings")
token_of = import_module("cassandra_node.tokens").token_of

IMAGE = Path(__file__).resolve().parents[4] / "images" / "cassandra"
DATA = json.dumps({"domain": "dev.docker", "az_name": "az2", "metadata": {"cluster": "cassandra", "number": 2}})
SEEDS = "cassandra1.cassandra, cassandra2.cassandra"


def read(**environment: str) -> Any:
    return settings.read({"user_data": DATA, "CASSANDRA_SEEDS": SEEDS, **environment}, "cassandra2")


def yaml(record: Any, **environment: str) -> str:
    template = (IMAGE / "conf/cassandra.yaml").read_text()
    return str(launching.configuration(template, read(**environment), record, "10.0.0.2"))


def record(**values: Any) -> Any:
    return records.Record(**{"id": "v", "number": 2, "cluster": "0123456789abcdef", **values})


def test_two_nodes_halve_the_ring_and_four_quarter_it() -> None:
    places = [token_of(number) for number in range(1, 5)]
    assert places[1] - places[0] == 2**63
    ring = sorted(places)
    assert {after - before for before, after in itertools.pairwise(ring)} == {2**62}


def test_no_two_numbers_share_a_place_and_all_are_tokens() -> None:
    places = {token_of(number) for number in range(1, 1001)}
    assert len(places) == 1000
    assert min(places) > -(2**63)
    assert max(places) < 2**63


def test_a_card_comes_back_as_it_was_told() -> None:
    card = cards.Card(number=2, id="v", state=cards.FORMING, cluster="c", members={1: "u", 2: "v"})
    assert cards.from_text(cards.to_text(card)) == card


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"number": "x", "id": 1, "state": 2}', b'{"number": null}'])
def test_what_is_no_card_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        cards.from_text(text)


def test_a_member_tells_its_ring() -> None:
    ring = [{"token": 5, "address": "10.0.0.1", "alive": True, "joining": False}]
    told = cards.from_text(json.dumps({"number": 1, "id": "u", "state": "member", "ring": ring}).encode())
    assert told.ring == (cards.Place(token=5, address="10.0.0.1", alive=True, joining=False),)


def test_seeds_are_found_in_the_domain_of_the_environment_and_the_zone_is_the_rack() -> None:
    found = read()
    assert found.seeds == ("cassandra1.cassandra.dev.docker", "cassandra2.cassandra.dev.docker")
    assert found.other_seeds == ("cassandra1.cassandra.dev.docker",)
    assert (found.number, found.rack, found.is_seed) == (2, "az2", True)


def test_a_lone_seed_asks_its_siblings_whether_it_is_really_the_first() -> None:
    lone = settings.read({"user_data": DATA, "CASSANDRA_SEEDS": "cassandra2.cassandra"}, "cassandra2")
    assert lone.neighbours[:3] == (
        "cassandra.dev.docker", "cassandra1.cassandra.dev.docker", "cassandra3.cassandra.dev.docker",
    )  # fmt: skip
    assert read().neighbours == ("cassandra.dev.docker",)


def test_a_whole_name_stays_as_it_is_and_another_host_is_no_seed() -> None:
    found = read(CASSANDRA_SEEDS="db1.example.com")
    assert found.seeds == ("db1.example.com",)
    assert not found.is_seed


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CASSANDRA_SEEDS", ""),
        ("CASSANDRA_SEEDS", "a;b"),
        ("CASSANDRA_DC", "dc 1"),
        ("CASSANDRA_HEAP", "96"),
        ("CASSANDRA_CLUSTER_NAME", 'a"b'),
        ("user_data", "["),
        ("user_data", "[]"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(settings.Mistake, match=variable):
        read(**{variable: value})


def test_a_founder_is_its_own_seed_and_has_the_place_of_its_number() -> None:
    text = yaml(record(plan=records.FORM))
    assert f"initial_token: {token_of(2)}\n" in text
    assert "auto_bootstrap: false" in text
    assert '- seeds: "10.0.0.2,cassandra1.cassandra.dev.docker"' in text
    assert 'cluster_name: "cassandra 0123456789ab"' in text


def test_who_joins_is_not_its_own_seed() -> None:
    """It would take itself for a founder, and stream nothing."""
    text = yaml(record(plan=records.BOOTSTRAP, via=("10.0.0.1",)))
    assert '- seeds: "cassandra1.cassandra.dev.docker,10.0.0.1"' in text
    assert "auto_bootstrap: true" in text


def test_who_takes_a_dead_nodes_place_takes_its_token_too() -> None:
    dead = record(plan=records.REPLACE, address="10.0.0.7")
    assert "\ninitial_token" not in yaml(dead)
    assert "-Dcassandra.replace_address_first_boot=10.0.0.7" in launching.joining_options(dead, "10.0.0.2")


def test_who_joins_waits_for_the_schema_of_those_who_live() -> None:
    """Cassandra would stream only what it has heard of by then."""
    joining = record(plan=records.BOOTSTRAP, via=("a",), alive=2)
    assert "-Dreconciler.cassandra.members=2" in launching.joining_options(joining, "10.0.0.2")
    assert "io.reconciler.cassandra.Seeds" in yaml(joining)


def test_others_get_longer_to_hear_of_a_new_address_than_of_an_old_one() -> None:
    same = launching.joining_options(record(plan=records.REPLACE, address="10.0.0.2"), "10.0.0.2")
    other = launching.joining_options(record(plan=records.REPLACE, address="10.0.0.7"), "10.0.0.2")
    assert same[0] == "-Dcassandra.ring_delay_ms=1000"
    assert other[0] == "-Dcassandra.ring_delay_ms=2000"


def test_a_member_returns_without_asking_whatever_its_plan_was() -> None:
    returning = record(plan=records.REPLACE, address="10.0.0.7", joined=True)
    line = launching.command(read(), returning, [], "a.jar", "10.0.0.2")
    assert not any("replace_address" in word for word in line)
    assert "-Dcassandra.allow_unsafe_join=true" in line
    assert "auto_bootstrap: false" in yaml(returning)
    assert "-Dreconciler.cassandra.state=returning" in line


def test_a_member_says_so_only_when_it_has_joined_again() -> None:
    assert launching.state(record(plan=records.FORM)) == cards.FORMING
    assert launching.state(record(plan=records.BOOTSTRAP)) == cards.JOINING


def test_writes_are_on_the_disk_before_they_are_acknowledged() -> None:
    text = yaml(record(plan=records.FORM))
    assert "commitlog_sync: batch" in text
    options = launching.options((IMAGE / "conf/jvm.options").read_text())
    assert not any("unsafesystem" in option or "flush_local_schema_changes" in option for option in options)
    assert all(option.startswith("-") and "#" not in option for option in options)


def test_a_volume_keeps_its_record(tmp_path: Path) -> None:
    made = records.load(tmp_path, 1)
    assert made == records.load(tmp_path, 1)
    planned = records.Record(id=made.id, number=1, plan=records.REPLACE, via=("a",), address="10.0.0.7", attempts=1)
    records.save(tmp_path, planned)
    assert records.load(tmp_path, 1) == planned
    (tmp_path / records.JOINED).touch()
    assert records.load(tmp_path, 1).joined


def test_another_volume_is_another_node(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert records.load(tmp_path / "a", 1).id != records.load(tmp_path / "b", 1).id


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"data": ""}, "somebody else's node"),
        ({"node.json": "{"}, "can't be read"),
        ({"node.json": '{"id": "v", "number": 1}'}, "can't be read"),
        ({"node.json": '{"id": "v", "number": 2, "via": []}'}, "is that of number 2, this is number 1"),
    ],
)
def test_a_volume_that_is_not_this_nodes_is_left_alone(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(records.Unusable, match=problem):
        records.load(tmp_path, 1)
    assert {path.name for path in tmp_path.iterdir()} == set(files)


def test_what_a_broken_joining_left_is_removed_and_the_node_stays_itself(tmp_path: Path) -> None:
    made = records.load(tmp_path, 1)
    (tmp_path / "data" / "system").mkdir(parents=True)
    (tmp_path / "commitlog").write_text("")
    records.clear(tmp_path)
    assert records.load(tmp_path, 1) == made
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("name", "number"), [("cassandra12.cassandra.dev.docker", 12), ("db", 0), ("1a.x", 0)])
def test_a_name_tells_its_number(name: str, number: int) -> None:
    assert meeting.number_in(name) == number


def test_a_reason_is_told_as_json() -> None:
    assert json.loads(meeting.reasons('it said "no" \\o')) == {"ready": False, "reason": "it said 'no' /o"}
