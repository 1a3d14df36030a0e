"""The embedded backend keeps records and gives out tables that never change."""

from dataclasses import replace

import pytest

from reconciler.engine.names import EmbeddedNames
from reconciler.errors import PermanentError
from reconciler.state.entry import entry_of
from reconciler.state.records import Record


def record(instance: str = "webapp1", address: str = "10.5.0.11", *, cluster: str = "webapp") -> Record:
    return Record(instance=instance, cluster=cluster, zone="az1", revision="v000", address=address)


def test_what_is_published_is_observed_under_its_container() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    names.publish("id1", record())
    assert names.published() == {"id1": record()}
    names.withdraw("id1")
    assert names.published() == {}


def test_publishing_the_same_again_changes_nothing() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    names.publish("id1", record())
    before = names.table()
    names.publish("id1", record())
    assert names.table() is before


def test_withdrawing_what_is_not_there_is_done() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    before = names.table()
    names.withdraw("id1")
    assert names.table() is before


def test_a_table_once_taken_never_changes() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    names.publish("id1", record())
    taken = names.table()
    names.withdraw("id1")
    assert [entry.target for entry in taken.at("10.5.0.11")] == ["10.5.0.11"]
    assert names.table().at("10.5.0.11") == ()


def test_whoever_watches_is_told_of_changes_and_of_nothing_else() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    told: list[int] = []
    names.watch(lambda: told.append(names.table().serial))
    names.publish("id1", record())
    names.publish("id1", record())
    names.withdraw("id2")
    assert len(told) == 1


def test_a_whole_set_of_records_takes_the_place_of_the_one_before_and_leaves_what_others_registered() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    names.publish("id1", record())
    stranger = replace(entry_of(record("db", "10.9.9.9", cluster="db"), env="dev", host="elsewhere"), managed=False)
    names.register("skydns:db", stranger)
    names.replace({"id2": record("webapp2", "10.5.0.12")})
    assert names.published().keys() == {"id2"}
    assert names.table().at("10.5.0.11") == ()
    assert names.table().at("10.9.9.9") == (stranger,)
    names.unregister("skydns:db")
    names.unregister("id2")
    assert names.table().at("10.9.9.9") == ()
    assert names.published().keys() == {"id2"}


@pytest.mark.parametrize("address", ["", "fe80::1", "10.0.0.256", "webapp"])
def test_an_address_that_is_none_is_refused_and_changes_nothing(address: str) -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    with pytest.raises(PermanentError, match=r"webapp1\.webapp can't be published"):
        names.publish("id1", record(address=address))
    assert names.published() == {}


def test_a_cluster_of_ours_is_reserved_with_or_without_instances() -> None:
    names = EmbeddedNames("dev", "host1.example.com")
    told: list[int] = []
    names.watch(lambda: told.append(names.table().serial))
    names.reserve({"WebApp", "auth"})
    names.reserve({"WebApp", "auth"})
    assert names.table().manages("dev", "webapp")
    assert names.reserved() == ("WebApp", "auth")
    assert len(told) == 1


def test_how_long_an_answer_may_be_kept_is_chosen_once() -> None:
    names = EmbeddedNames("dev", "host1.example.com", 30)
    names.publish("id1", record())
    assert [entry.ttl_seconds for entry in names.table().at("10.5.0.11")] == [30]
