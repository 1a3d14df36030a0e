"""Which addresses a name has, out of the records alone."""

from reconciler.state.names import NameTable
from reconciler.state.records import Record


def record(instance: str, address: str, *, cluster: str = "webapp", ready: bool = True) -> Record:
    return Record(instance=instance, cluster=cluster, zone="az1", revision="v000", address=address, ready=ready)


def test_an_empty_table_knows_only_the_zone() -> None:
    assert NameTable().addresses(()) == ()
    assert NameTable().addresses(("webapp",)) is None


def test_names_are_kept_in_lower_case() -> None:
    table = NameTable().placed("id1", record("WebApp1", "10.0.0.1", cluster="WebApp"))
    assert table.addresses(("webapp1", "webapp")) == ("10.0.0.1",)


def test_a_container_leaving_and_its_successor_both_answer_under_their_number() -> None:
    table = NameTable().placed("old", record("webapp1", "10.0.0.1")).placed("new", record("webapp1", "10.0.0.2"))
    assert table.addresses(("webapp1", "webapp")) == ("10.0.0.1", "10.0.0.2")
    assert table.removed("old").addresses(("webapp1", "webapp")) == ("10.0.0.2",)


def test_two_containers_with_one_address_count_once() -> None:
    table = NameTable().placed("a", record("webapp1", "10.0.0.1")).placed("b", record("webapp2", "10.0.0.1"))
    assert table.addresses(("webapp",)) == ("10.0.0.1",)


def test_a_record_that_moves_to_another_cluster_leaves_the_first() -> None:
    table = NameTable().placed("a", record("webapp1", "10.0.0.1"))
    moved = table.placed("a", record("web1", "10.0.0.1", cluster="web"))
    assert moved.addresses(("webapp",)) is None
    assert moved.addresses(("web",)) == ("10.0.0.1",)
    assert dict(moved.records()).keys() == {"a"}


def test_the_serial_rises_with_each_change_and_stays_without_one() -> None:
    first = NameTable().placed("a", record("webapp1", "10.0.0.1"))
    assert first.placed("a", record("webapp1", "10.0.0.1")) is first
    assert first.removed("b") is first
    assert first.placed("a", record("webapp1", "10.0.0.1", ready=False)).serial > first.serial


def test_a_change_shares_all_other_clusters_with_the_table_before() -> None:
    first = NameTable().placed("a", record("auth1", "10.0.0.1", cluster="auth"))
    second = first.placed("b", record("webapp1", "10.0.0.2"))
    assert second.clusters["auth"] is first.clusters["auth"]
