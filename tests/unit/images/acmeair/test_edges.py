"""What touches foreign libraries, on stand-ins for them: the driver's policies, broken gzip, the routes that write."""

import gzip
import sys
from datetime import date
from typing import Any
from unittest.mock import MagicMock

import pytest

from acmeair.errors import CallFailed, OutcomeUnknown, ReplicasDown, Unavailable
from acmeair.ports import UNSET, Kind, Statement
from acmeair.settings import read_settings

pytestmark = pytest.mark.usefixtures("foreign")


def driver(module: str, name: str) -> Any:
    return getattr(sys.modules[module], name)


def test_a_conditional_statement_is_never_sent_again_by_the_driver() -> None:
    from acmeair.cassandra_link import profiles

    policy = profiles(2, seconds=1.0)[Kind.ONCE].retry_policy
    for decide in (policy.on_request_error, policy.on_read_timeout, policy.on_write_timeout):
        assert decide("statement", retry_num=0) == ("rethrow", None)


def test_replicas_that_are_known_to_be_down_are_told_from_those_that_are_late() -> None:
    from acmeair.cassandra_link import translated

    down, late = driver("cassandra", "Unavailable")(), driver("cassandra", "ReadTimeout")()
    assert isinstance(translated(down, Kind.READ_ALL), ReplicasDown)
    told = translated(late, Kind.READ_ALL)
    assert isinstance(told, Unavailable)
    assert not isinstance(told, ReplicasDown)


def test_a_write_that_was_sent_to_a_second_node_is_never_called_undone() -> None:
    from acmeair.cassandra_link import translated

    down = driver("cassandra", "Unavailable")()
    for kind in (Kind.WRITE, Kind.LOOSE):
        assert isinstance(translated(down, kind, 1), Unavailable)
        assert isinstance(translated(down, kind, 2), OutcomeUnknown)
    assert isinstance(translated(down, Kind.READ, 2), Unavailable)


def test_a_column_that_is_left_out_is_unset_for_the_driver() -> None:
    from acmeair.cassandra_link import Link

    link = Link.__new__(Link)
    link._statements = {"set": Statement("…", Kind.WRITE)}
    link._session, prepared = MagicMock(), MagicMock()
    link._prepared = {"set": prepared}
    link.begin("set", ("a", UNSET))
    prepared.bind.assert_called_once_with(["a", driver("cassandra.query", "UNSET_VALUE")])


def test_the_loader_waits_for_as_many_replicas_as_the_keyspace_has() -> None:
    from acmeair.cassandra_link import levels, profiles
    from acmeair_loader.loading import Loader

    session = MagicMock()
    session.get_pool_state.return_value = ["node"]
    session.cluster.metadata.all_hosts.return_value = []
    session.cluster.profile_manager.profiles = {k.value: p for k, p in profiles(2, seconds=1.0).items()}
    session.execute_async.return_value.result.return_value.one.return_value = {
        "data_center": "dc1",
        "replication": {"class": "NetworkTopologyStrategy", "dc1": "1"},
    }
    Loader(read_settings({}, "loader1"), date(2026, 11, 28))._schema(session)
    found = {kind: session.cluster.profile_manager.profiles[kind.value].consistency_level for kind in Kind}
    assert found == levels(1) != levels(2)


def test_an_answer_whose_gzip_is_broken_inside_is_no_answer() -> None:
    from acmeair.client import _unpacked

    whole = gzip.compress(bytes(range(256)) * 8)
    assert _unpacked(whole) == bytes(range(256)) * 8
    with pytest.raises(CallFailed):
        _unpacked(whole[:10] + b"\xff" * (len(whole) - 10))


def test_the_routes_that_write_are_named() -> None:
    from acmeair_auth.tier import AuthTier
    from acmeair_web.tier import WebTier

    settings, client = read_settings({}, "web1"), MagicMock()
    found = [*WebTier(settings, client).routes(), *AuthTier(settings, client).routes()]
    assert {f"{route.method} {route.path}" for route in found if route.writes} == {
        "GET /rest/api/login/logout",
        "POST /rest/api/bookings/bookflights",
        "POST /rest/api/bookings/cancelbooking",
        "POST /rest/api/customer/byid/{userid}",
        "POST /rest/api/authtoken/byuserid/{userid}",
        "DELETE /rest/api/authtoken/{id}",
    }
