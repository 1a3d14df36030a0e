"""Registered services: how long they stand, that they keep to what is theirs, and that a restart loses none."""

from datetime import UTC, datetime

import pytest

from reconciler.dns.skydns.limits import HttpLimits
from reconciler.dns.skydns.service import Refused
from tests.unit.dns.skydns.conftest import START_AT, MemoryNotes, Place, record, service

ALL_OF_IT = "testservice.production"


def refused(status: int, place: Place, what: str, *args: object) -> str:
    with pytest.raises(Refused) as refusal:
        getattr(place.registry, what)(*args)
    assert refusal.value.status == status
    return str(refusal.value)


def test_a_service_is_found_by_its_uuid_and_under_all_forms_of_its_name(place: Place) -> None:
    place.registry.add(service("1001"))
    assert place.registry.get("1001") == {
        **service("1001").json(ttl_seconds=10, expires=""),
        "Expires": datetime.fromtimestamp(START_AT + 10, UTC).isoformat().replace("+00:00", "Z"),
    }
    for name in (
        "production",
        ALL_OF_IT,
        "1-0-0.testservice.production",
        "east.1-0-0.testservice.production",
        "web1-site-com.east.1-0-0.testservice.production",
        "1001.web1-site-com.east.1-0-0.testservice.production",
        "1001.*.any.all.testservice.production",
        "*.production",
        "1001.testservice.production",
    ):
        assert place.targets(name) == ["web1.site.com"], name
        assert [found["UUID"] for found in place.registry.find(name.upper() + ".")] == ["1001"], name


def test_those_of_other_regions_stand_in_for_the_region_that_is_asked_for(place: Place) -> None:
    place.registry.add(service("1", Region="East", Host="10.0.0.1"))
    place.registry.add(service("2", Region="West", Host="10.0.0.2"))
    match = place.names.table().match(("east", "*", "testservice", "production"))
    assert match is not None
    assert [entry.target for entry in match.entries] == ["10.0.0.1"]
    assert [entry.target for entry in match.elsewhere] == ["10.0.0.2"]
    assert [found["UUID"] for found in place.registry.find("east.*.testservice.production")] == ["1"]


def test_names_hide_a_service_two_seconds_before_its_end_and_its_uuid_one_second(place: Place) -> None:
    place.registry.add(service(TTL=10))
    place.passes(7.9)
    assert place.targets(ALL_OF_IT) == ["web1.site.com"]
    assert place.registry.get("1001")["TTL"] == 2
    place.passes(0.1)
    assert place.targets(ALL_OF_IT) == []
    assert place.registry.get("1001")["TTL"] == 2
    place.passes(1.1)
    refused(404, place, "get", "1001")
    refused(409, place, "add", service())
    place.passes(0.9)
    refused(404, place, "renew", "1001", 10)
    refused(404, place, "remove", "1001")
    place.registry.add(service())
    assert place.targets(ALL_OF_IT) == ["web1.site.com"]


def test_a_renewal_gives_new_time_also_to_a_service_that_is_hidden_already(place: Place) -> None:
    place.registry.add(service(TTL=10))
    place.passes(7)
    place.registry.renew("1001", 10)
    place.passes(7)
    assert place.targets(ALL_OF_IT) == ["web1.site.com"]
    place.passes(2)
    assert place.targets(ALL_OF_IT) == []
    place.registry.renew("1001", 4)
    assert place.targets(ALL_OF_IT) == ["web1.site.com"]
    assert place.registry.get("1001")["TTL"] == 4
    place.passes(4)
    assert place.notes.kept == {}


def test_a_shorter_renewal_ends_earlier(place: Place) -> None:
    place.registry.add(service(TTL=4000))
    place.registry.renew("1001", 3)
    place.passes(1)
    assert place.targets(ALL_OF_IT) == []


def test_what_never_expires_stays(place: Place) -> None:
    place.registry.add(service(NoExpire=True, TTL=30))
    place.passes(10**9)
    assert place.targets(ALL_OF_IT) == ["web1.site.com"]
    found = place.registry.get("1001")
    assert (found["TTL"], found["Expires"]) == (30, "0001-01-01T00:00:00Z")
    place.registry.remove("1001")
    assert place.targets(ALL_OF_IT) == []


def test_a_uuid_is_the_same_in_any_case_and_is_taken_once(place: Place) -> None:
    place.registry.add(service("Db-1"))
    assert "is registered already, for TestService.Production" in refused(409, place, "add", service("dB-1", Name="x"))
    assert place.registry.get("DB-1")["UUID"] == "Db-1"
    place.registry.remove("db-1")
    refused(404, place, "remove", "db-1")


def test_nobody_registers_under_a_cluster_of_ours_but_beside_it_and_in_other_environments(place: Place) -> None:
    place.names.publish("id1", record("webapp1", "10.5.0.11"))
    said = refused(409, place, "add", service(Name="WebApp", Environment="DEV"))
    assert said == "webapp.dev is the name of a cluster that runs here: choose another Name or Environment"
    place.registry.add(service("1", Name="db", Environment="dev", Host="10.1.1.1"))
    place.registry.add(service("2", Name="webapp", Environment="staging", Host="10.1.1.2"))
    assert place.targets("webapp.dev") == ["10.5.0.11"]
    assert place.targets("dev") == ["10.1.1.1", "10.5.0.11"]
    assert place.targets("webapp.*") == ["10.1.1.2", "10.5.0.11"]
    assert sorted(found["UUID"] for found in place.registry.find("dev")) == ["1", "webapp1"]


def test_a_cluster_of_ours_that_comes_later_hides_what_was_registered_until_it_goes(place: Place) -> None:
    place.registry.add(service("1", Name="webapp", Environment="dev", Host="10.1.1.1"))
    place.names.publish("id1", record("webapp1", "10.5.0.11"))
    assert place.targets("webapp.dev") == ["10.5.0.11"]
    place.registry.renew("1", 20)
    assert place.targets("webapp.dev") == ["10.5.0.11"]
    assert [found["UUID"] for found in place.registry.everything()] == ["webapp1"]
    place.names.withdraw("id1")
    assert place.targets("webapp.dev") == ["10.1.1.1"]


def test_an_unknown_name_is_told_from_one_that_leads_nowhere(place: Place) -> None:
    assert list(place.registry.everything()) == []
    assert "no name 'db.dev'" in refused(404, place, "find", "db.dev")
    refused(404, place, "find", "1.2.3.4.5.6.7")
    refused(404, place, "find", "..")
    place.registry.add(service("1", Region="East"))
    assert place.registry.find("west.*.testservice.production") == []


def test_there_is_room_for_so_many_and_no_more(place: Place) -> None:
    place.start(HttpLimits(services=2))
    place.registry.add(service("1"))
    place.registry.add(service("2"))
    assert "2 services are registered" in refused(507, place, "add", service("3"))
    place.registry.remove("1")
    place.registry.add(service("3"))


def test_a_restart_keeps_what_is_registered_with_its_time(place: Place) -> None:
    place.registry.add(service("1", TTL=100, Host="10.0.0.1"))
    place.registry.add(service("2", NoExpire=True, Host="10.0.0.2"))
    place.registry.add(service("3", Host="10.0.0.3"))
    place.registry.remove("3")
    place.time.passes(40)
    place.registry.renew("1", 50)
    place.time.passes(20)
    place.start()
    assert place.targets(ALL_OF_IT) == ["10.0.0.1", "10.0.0.2"]
    assert place.registry.get("1")["TTL"] == 30
    place.passes(28)
    assert place.targets(ALL_OF_IT) == ["10.0.0.2"]


def test_whose_time_ended_while_nobody_listened_is_not_answered_but_may_still_renew(place: Place) -> None:
    place.registry.add(service("1", TTL=10))
    place.registry.add(service("2", TTL=10))
    place.time.passes(3_600)
    place.start()
    assert place.targets(ALL_OF_IT) == []
    refused(404, place, "get", "1")
    place.passes(9)
    place.registry.renew("1", 10)
    assert [found["UUID"] for found in place.registry.find(ALL_OF_IT)] == ["1"]
    place.passes(1)
    refused(404, place, "renew", "2", 10)
    assert list(place.notes.kept) == ["skydns:1"]


def test_the_wait_for_a_renewal_after_a_restart_is_a_minute_at_most(place: Place) -> None:
    place.registry.add(service("1", TTL=4000))
    place.time.passes(5_000)
    place.start()
    place.passes(60)
    refused(404, place, "renew", "1", 4000)


@pytest.mark.parametrize(("method", "given"), [("get", ()), ("renew", (10,)), ("remove", ())])
def test_time_in_which_we_were_not_there_is_nobodys_silence(place: Place, method: str, given: tuple[int, ...]) -> None:
    """Whichever comes first after a stop of the process."""
    place.start(HttpLimits(absence_seconds=3.0))
    place.registry.add(service("1", TTL=10))
    place.registry.add(service("2", TTL=10))
    place.time.passes(2)
    place.registry.sweep()
    place.time.passes(3_600)
    getattr(place.registry, method)("1", *given)
    place.registry.sweep()
    assert place.registry.get("2")["TTL"] == 8
    for _ in range(3):
        place.time.passes(2)
        place.registry.sweep()
    assert place.targets(ALL_OF_IT) == (["web1.site.com"] if method == "renew" else [])


def test_nobody_gets_more_than_the_ttl_by_a_clock_that_was_set_back(place: Place) -> None:
    place.registry.add(service("1", TTL=100))
    place.time.wall -= 86_400
    place.start()
    assert place.registry.get("1")["TTL"] == 100
    place.passes(98)
    assert place.targets(ALL_OF_IT) == []


def test_notes_that_can_not_be_read_are_dropped_and_those_of_others_left_alone(place: Place) -> None:
    place.registry.add(service("1"))
    good = place.notes.kept["skydns:1"]
    bad = {"skydns:2": "{", "skydns:3": "[]", "skydns:4": "{}", "skydns:5": good.replace("Expires", "Ends")}
    place.notes = MemoryNotes({**bad, "skydns:1": good, "other": "{"})
    place.start()
    assert place.notes.kept == {"skydns:1": good, "other": "{"}
    assert place.registry.get("1")["UUID"] == "1"


def test_ten_thousand_are_taken_up_and_swept_away_in_one_change_each(place: Place) -> None:
    for number in range(10_000):
        place.notes.kept[f"skydns:{number}"] = (
            f'{{"UUID":"{number}","Name":"db","Environment":"dev","Host":"h","Port":1,"TTL":10,'
            f'"Expires":"{datetime.fromtimestamp(START_AT + 10, UTC).isoformat()}"}}'
        )
    place.start()
    assert place.names.table().serial == 2
    assert len(place.registry.find("db.dev")) == 10_000
    place.passes(10)
    assert place.names.table().serial == 3
    assert place.notes.kept == {}
