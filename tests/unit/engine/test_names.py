"""The embedded backend keeps records and gives out tables that never change."""

import pytest

from reconciler.engine.names import EmbeddedNames
from reconciler.errors import PermanentError
from reconciler.state.records import Record


def record(instance: str = "webapp1", address: str = "10.5.0.11", *, cluster: str = "webapp") -> Record:
    return Record(instance=instance, cluster=cluster, zone="az1", revision="v000", address=address)


def test_what_is_published_is_observed_under_its_container() -> None:
    names = EmbeddedNames()
    names.publish("id1", record())
    assert names.published() == {"id1": record()}
    names.withdraw("id1")
    assert names.published() == {}


def test_publishing_the_same_again_changes_nothing() -> None:
    names = EmbeddedNames()
    names.publish("id1", record())
    before = names.table()
    names.publish("id1", record())
    assert names.table() is before


def test_withdrawing_what_is_not_there_is_done() -> None:
    names = EmbeddedNames()
    before = names.table()
    names.withdraw("id1")
    assert names.table() is before


def test_a_table_once_taken_never_changes() -> None:
    names = EmbeddedNames()
    names.publish("id1", record())
    taken = names.table()
    names.withdraw("id1")
    assert taken.addresses(("webapp1", "webapp")) == ("10.5.0.11",)
    assert names.table().addresses(("webapp1", "webapp")) is None


@pytest.mark.parametrize("address", ["", "fe80::1", "10.0.0.256", "webapp"])
def test_an_address_that_is_none_is_refused_and_changes_nothing(address: str) -> None:
    names = EmbeddedNames()
    with pytest.raises(PermanentError, match=r"webapp1\.webapp can't be published"):
        names.publish("id1", record(address=address))
    assert names.published() == {}
