"""What should be in etcd against what is."""

from dataclasses import replace

import pytest

from reconciler.dns.etcd.layout import Layout
from reconciler.dns.etcd.ledger import Change, Ledger
from reconciler.dns.etcd.mirror import Held
from reconciler.state.records import Record

LAYOUT = Layout(env="dev", domain="docker", host="box")
RECORD = Record(instance="webapp1", cluster="webapp", zone="az1", revision="v001", address="10.5.0.11", ready=True)
OTHER = replace(RECORD, instance="webapp2", address="10.5.0.12")
LEASE = 7
FULL = "/skydns/docker/dev/webapp/v001/az1/box/webapp1"
SHORT = "/skydns/docker/dev/webapp/webapp1/_/_/_/box/_"
PRESENCE = "/skydns/docker/dev/webapp/_/_/box/_"
REVERSE = "/skydns/arpa/in-addr/10/5/0/11"


def in_etcd(values: dict[str, str], *, lease: int = LEASE, revision: int = 5) -> dict[str, Held]:
    return {key: Held(value=value, lease=lease, revision=revision) for key, value in values.items()}


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger(LAYOUT)
    made.use(LEASE)
    return made


def changes(ledger: Ledger) -> dict[str, Change]:
    found = (ledger.change(key) for key in ledger.all_keys())
    return {change.key: change for change in found if change is not None}


def test_what_is_missing_is_put_where_nothing_is(ledger: Ledger) -> None:
    ledger.load({})
    keys = ledger.place("id1", RECORD)
    assert keys == {FULL, SHORT, PRESENCE, REVERSE}
    assert {change.revision for change in changes(ledger).values()} == {0}
    assert ledger.exact({"id1": RECORD}) == {}


def test_what_is_there_under_our_lease_is_right(ledger: Ledger) -> None:
    ledger.place("id1", RECORD)
    ledger.load(in_etcd(LAYOUT.values("id1", RECORD)))
    assert changes(ledger) == {}
    assert ledger.exact({"id1": RECORD}) == {"id1": RECORD}


def test_what_is_under_another_lease_is_put_again_over_what_is_there(ledger: Ledger) -> None:
    ledger.place("id1", RECORD)
    ledger.load(in_etcd(LAYOUT.values("id1", RECORD), lease=3))
    assert {(change.value is None, change.revision) for change in changes(ledger).values()} == {(False, 5)}


def test_losing_readiness_deletes_the_full_name_alone(ledger: Ledger) -> None:
    ledger.place("id1", RECORD)
    ledger.load(in_etcd(LAYOUT.values("id1", RECORD)))
    ledger.place("id1", replace(RECORD, ready=False))
    assert [key for key, change in changes(ledger).items() if change.value is None] == [FULL]


def test_the_clusters_presence_goes_with_its_last_record(ledger: Ledger) -> None:
    ledger.place("id1", RECORD)
    ledger.place("id2", OTHER)
    ledger.load(in_etcd({**LAYOUT.values("id1", RECORD), **LAYOUT.values("id2", OTHER)}))
    ledger.remove("id1")
    assert {change.key for change in changes(ledger).values()} == {FULL, SHORT, REVERSE}
    ledger.remove("id2")
    assert PRESENCE in changes(ledger)


def test_an_address_that_changes_hands_keeps_its_reverse_name(ledger: Ledger) -> None:
    moved = replace(OTHER, address=RECORD.address)
    ledger.load({})
    ledger.place("id1", RECORD)
    ledger.place("id2", moved)
    ledger.remove("id1")
    assert changes(ledger)[REVERSE].value == LAYOUT.values("id2", moved)[REVERSE]


def test_a_foreign_value_is_neither_overwritten_nor_deleted(ledger: Ledger) -> None:
    ledger.place("id1", RECORD)
    mine = in_etcd(LAYOUT.values("id1", RECORD))
    ledger.load({**mine, FULL: Held(value='{"host":"1.2.3.4"}', lease=0, revision=9)})
    assert changes(ledger) == {}
    assert ledger.occupied() == [FULL]
    ledger.remove("id1")
    assert FULL not in changes(ledger)


def test_a_reverse_name_that_another_loop_has_is_no_problem(ledger: Ledger) -> None:
    elsewhere = Layout(env="dev", domain="docker", host="elsewhere")
    ledger.place("id1", RECORD)
    ledger.load(in_etcd(elsewhere.values("id9", RECORD)))
    assert REVERSE not in changes(ledger)
    assert ledger.occupied() == []


def test_what_an_earlier_run_left_is_taken_over_once(ledger: Ledger) -> None:
    left = in_etcd(LAYOUT.values("id1", RECORD), lease=3)
    assert ledger.load(left) == {"id1": RECORD}
    assert ledger.load(left) == {}


def test_what_was_withdrawn_before_etcd_was_seen_is_not_taken_over(ledger: Ledger) -> None:
    ledger.remove("id1")
    assert ledger.load(in_etcd(LAYOUT.values("id1", RECORD))) == {}
    assert {change.value for change in changes(ledger).values()} == {None}


def test_what_is_ours_and_unwanted_is_deleted(ledger: Ledger) -> None:
    ledger.load({})
    stray = LAYOUT.values("id1", RECORD)[FULL]
    ledger.seen(FULL, Held(value=stray, lease=3, revision=8), 8)
    assert changes(ledger) == {FULL: Change(key=FULL, value=None, revision=8)}


def test_an_older_report_does_not_undo_a_newer_one(ledger: Ledger) -> None:
    ledger.load({})
    ledger.place("id1", RECORD)
    put = Change(key=FULL, value=LAYOUT.values("id1", RECORD)[FULL], revision=0)
    assert put.value is not None
    ledger.made([put], revision=6, lease=LEASE)
    ledger.made([replace(put, value=None, revision=6)], revision=7, lease=LEASE)
    ledger.seen(FULL, Held(value=put.value, lease=LEASE, revision=6), 6)
    assert ledger.change(FULL) == replace(put, revision=0)
