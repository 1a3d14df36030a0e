"""The API over HTTP: each path, each status, who may call, and how long what is registered stands."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.dns.access import Access
from reconciler.dns.listen import CannotListen
from reconciler.dns.skydns.server import SkyDnsApi
from reconciler.engine.names import EmbeddedNames
from tests.unit.dns.skydns.conftest import MemoryNotes, Server, Start, Time, body, exchange, record, wait_until

ONE = "/skydns/services/1001"


def targets(server: Server, name: str) -> list[str]:
    match = server.names.table().match(tuple(name.split(".")))
    return sorted(entry.target for entry in match.entries) if match else []


def test_a_service_lives_from_put_to_delete(server: Server) -> None:
    assert server.call("PUT", ONE, body()).status == 201
    assert targets(server, "testservice.production") == ["web1.site.com"]
    assert server.call("PUT", ONE, body()).status == 409
    got = server.call("GET", ONE)
    assert (got.status, got.headers["Content-Type"], got.text[-1]) == (200, "application/json", "\n")
    assert " ".join(got.json) == "UUID Name Version Environment Region Host Port TTL Expires NoExpire"
    assert (got.json["UUID"], got.json["Name"], got.json["TTL"]) == ("1001", "TestService", 10)
    server.time.passes(5)
    assert server.call("GET", ONE).json["TTL"] == 5
    assert server.call("PATCH", ONE, b'{"TTL":100}').status == 200
    assert server.call("GET", ONE).json["TTL"] == 100
    assert server.call("DELETE", ONE).status == 200
    assert targets(server, "testservice.production") == []
    for method, sent in (("GET", None), ("PATCH", b'{"TTL":100}'), ("DELETE", None)):
        answer = server.call(method, ONE, sent)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert answer.text == "no service '1001' is registered (any more): register it again with PUT\n"


def test_a_service_that_is_not_renewed_is_gone_when_its_time_is_over(server: Server) -> None:
    server.call("PUT", ONE, body(TTL=10))
    server.time.passes(8)
    wait_until(lambda: targets(server, "testservice.production") == [])
    assert server.call("GET", ONE).status == 200
    assert server.call("PATCH", ONE, b'{"TTL":10}').status == 200
    assert targets(server, "testservice.production") == ["web1.site.com"]
    server.time.passes(10)
    wait_until(lambda: server.call("PATCH", ONE, b'{"TTL":10}').status == 404)
    assert server.call("PUT", ONE, body()).status == 201


def test_lists_show_what_is_registered_and_what_is_ours(server: Server) -> None:
    assert server.call("GET", "/skydns/services/").status == 404
    assert server.call("GET", "/skydns/regions/").json == {}
    server.names.publish("id1", record("webapp1", "10.5.0.11"))
    server.call("PUT", "/skydns/services/1", body(Region="East"))
    server.call("PUT", "/skydns/services/2", body(Region="West", Environment="Staging"))
    server.call("PUT", "/skydns/services/3", body(Region="East", Name="db", Environment="dev"))

    def listed(query: str) -> list[str]:
        return sorted(service["UUID"] for service in server.call("GET", f"/skydns/services/{query}").json)

    assert listed("") == listed("?query=") == listed("?query=*") == listed("?query=any") == ["1", "2", "3", "webapp1"]
    assert listed("?query=dev") == ["3", "webapp1"]
    assert listed("?query=east.*.*.production") == ["1"]
    assert listed("?query=*.*.WEST.1-0-0.testservice.all") == ["2"]
    assert listed("?query=webapp1.webapp.dev.") == ["webapp1"]
    assert listed("?query=%2A.dev&other=1") == ["3", "webapp1"]
    assert server.call("GET", "/skydns/services?query=north.*.db.dev").json == []
    assert server.call("GET", "/skydns/services/?query=web.dev").status == 404
    assert server.call("GET", "/skydns/regions/").json == {"East": 2, "West": 1, "az1": 1}
    assert server.call("GET", "/skydns/environments/").json == {"Production": 1, "Staging": 1, "dev": 2}
    assert server.call("GET", "/skydns/environments").status == 200


def test_a_name_of_a_cluster_that_runs_here_can_not_be_registered(server: Server) -> None:
    server.names.publish("id1", record("webapp1", "10.5.0.11"))
    answer = server.call("PUT", ONE, body(Name="webapp", Environment="dev"))
    assert (answer.status, answer.text) == (
        409,
        "webapp.dev is the name of a cluster that runs here: choose another Name or Environment\n",
    )
    assert targets(server, "webapp.dev") == ["10.5.0.11"]


def test_who_names_no_environment_is_in_ours(server: Server) -> None:
    assert server.call("PUT", ONE, body(Environment=None)).status == 201
    assert server.call("GET", ONE).json["Environment"] == "dev"


def test_there_is_room_for_a_bounded_number(server: Server) -> None:
    assert [server.call("PUT", f"/skydns/services/{n}", body()).status for n in range(4)] == [201, 201, 201, 507]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "sentence"),
    [
        ("PUT", ONE, b"", 400, "the body is no JSON"),
        ("PUT", ONE, b"{", 400, "the body is no JSON"),
        ("PUT", ONE, b"[1]", 400, "has to be a JSON object"),
        ("PUT", ONE, b"{}", 400, "Host and Port required"),
        ("PUT", ONE, body(Name="*"), 400, "stands for any label"),
        ("PUT", ONE, body(Name="dns"), 400, "kept for the name server"),
        ("PATCH", ONE, b"{", 400, "the body is no JSON"),
        ("PATCH", ONE, b'{"TTL":"x"}', 400, "is no whole number"),
        ("PUT", "/skydns/services/a%2Fb", body(), 400, 'UUID: "a/b"'),
        ("PUT", "/skydns/services/%2A", body(), 400, "stands for any label"),
        ("PUT", "/skydns/services/%FF", body(), 400, "no text in UTF-8"),
        ("PUT", "/skydns/services/%0d%0aX:1", body(), 400, "can't be a part of a name"),
        ("GET", "/skydns/services/a%2Fb", None, 404, "no service 'a/b'"),
        ("GET", "/skydns/services/a/b", None, 404, "there is no '/skydns/services/a/b'"),
        ("GET", "/skydns/services/?query=" + "&".join("abcdefghijklmnopqrst"), None, 400, "the query can't be read"),
        ("GET", "/skydns/services/?query=%FF", None, 400, "the query can't be read"),
        ("GET", "/", None, 404, "there are /skydns/services/<uuid>"),
        ("GET", "/skydns/", None, 404, "there is no"),
        ("GET", "/SKYDNS/services/", None, 404, "there is no"),
        ("PUT", "/skydns/callbacks/1", b"{}", 501, "callbacks are not served"),
        ("PUT", "/skydns/services/", b"{}", 405, "PUT is not for"),
        ("POST", ONE, b"{}", 405, "POST is not for"),
        ("OPTIONS", ONE, None, 405, "OPTIONS is not for"),
        ("DELETE", "/skydns/regions/", None, 405, "DELETE is not for"),
        ("PUT", ONE, b"x" * 100_000, 413, "a body has at most 8192 bytes"),
    ],
)
def test_what_can_not_be_granted_is_said_in_a_sentence(
    server: Server, method: str, path: str, sent: bytes | None, status: int, sentence: str
) -> None:
    answer = server.call(method, path, sent)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert sentence in answer.text
    assert ("Allow" in answer.headers) == (status == 405)
    assert server.call("GET", "/skydns/regions/").json == {}


def test_a_uuid_may_be_percent_encoded(server: Server) -> None:
    assert server.call("PUT", "/skydns/services/Db%2D1%5fa", body()).status == 201
    assert server.call("GET", "/skydns/services/db-1_A").json["UUID"] == "Db-1_a"


def test_one_connection_carries_many_requests_also_after_errors(server: Server) -> None:
    with closing(server.client()) as client:
        statuses = [
            exchange(client, method, ONE, sent, {}).status
            for method, sent in (("GET", None), ("PUT", b"{"), ("PUT", body()), ("PUT", body()), ("DELETE", None))
        ]
        port = client.sock.getsockname()[1]
        assert statuses == [404, 400, 201, 409, 200]
        assert exchange(client, "GET", "/skydns/regions/", None, {}).status == 200
        assert client.sock.getsockname()[1] == port


def test_without_the_secret_nothing_is_granted(start: Start) -> None:
    server = start(secret="s3cret ä")
    secret = "s3cret ä".encode().decode("latin-1")
    for method, path in (("PUT", ONE), ("GET", ONE), ("PATCH", ONE), ("DELETE", ONE), ("GET", "/skydns/regions/")):
        for headers in ({}, {"Authorization": "s3cret"}, {"Authorization": f"Bearer {secret}"}, {"Authorization": ""}):
            answer = server.call(method, path, body() if method == "PUT" else None, **headers)
            assert (answer.status, answer.text[:9]) == (403, "Forbidden")
    assert server.call("PUT", ONE, body(), Authorization=secret).status == 201
    assert server.call("GET", ONE, Authorization=secret).status == 200


def test_web_pages_register_and_read_nothing(server: Server) -> None:
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{server.where[1]}"):
        answer = server.call("PUT", ONE, body(), Origin=origin)
        assert (answer.status, answer.text) == (403, "requests of web pages are refused\n")
    for host in ("evil.example", "evil.example:8080", "10.0.0.1.evil.example", "evildocker.example", "notdocker.x"):
        answer = server.call("GET", "/skydns/regions/", Host=host)
        assert (answer.status, "is no name of ours" in answer.text) == (403, True)
    for host in ("10.89.0.1:8080", "localhost", "ns.dns.dev.docker:8080", "Names.Docker.", "docker", "[::1]:8080"):
        assert server.call("GET", "/skydns/regions/", Host=host).status == 200, host


def test_strangers_are_turned_away(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Access, "allows", lambda _, client: client != "127.0.0.1")
    answer = server.call("GET", "/skydns/regions/")
    assert (answer.status, answer.text[:44]) == (403, "only this environment's containers and this ")


def test_a_stop_frees_the_address_and_a_start_goes_on_with_what_was_registered(start: Start) -> None:
    server = start(notes=MemoryNotes())
    server.call("PUT", ONE, body())
    where = server.where
    assert server.api.alive()
    server.api.stop()
    assert not server.api.alive()
    server.api.start(where)
    assert server.where == where
    assert server.call("GET", ONE).status == 200


def test_a_restarted_loop_goes_on_with_what_was_registered(start: Start) -> None:
    notes = MemoryNotes()
    start(notes=notes).call("PUT", ONE, body(TTL=4000))
    again = start(notes=notes)
    assert targets(again, "testservice.production") == ["web1.site.com"]
    assert again.call("GET", ONE).status == 200
    assert again.call("DELETE", ONE).status == 200
    assert notes.kept == {}


def test_a_port_that_is_taken_is_a_reason_and_no_crash(server: Server) -> None:
    other = SkyDnsApi(EmbeddedNames("dev", "h"), "docker")
    with pytest.raises(CannotListen, match="another program listens there") as refused:
        other.start(server.where)
    assert refused.value.reason == "taken"
    assert not other.alive()
    with pytest.raises(CannotListen, match="no interface has this address"):
        other.start(("192.0.2.1", 8080))
    other.stop()


def test_without_a_port_names_still_lead_to_what_is_registered_and_nobodys_time_passes(server: Server) -> None:
    notes, time, names = MemoryNotes(), Time(), EmbeddedNames("dev", "host1.example.com")
    end = (datetime.now(UTC) + timedelta(seconds=100)).isoformat()
    notes.note("skydns:1", body(UUID="1", TTL=10, Expires=end).decode())
    other = Server(SkyDnsApi(names, "docker", notes=notes, clock=lambda: time.monotonic), names, time)
    for _ in range(3):
        with pytest.raises(CannotListen):
            other.api.start(server.where)
        assert targets(other, "testservice.production") == ["web1.site.com"]
        time.passes(10)
    other.api.start(("127.0.0.1", 0))
    assert other.call("GET", "/skydns/services/1").json["TTL"] == 10
    other.api.stop()


def test_a_fault_of_ours_is_one_answer_and_not_the_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedNames, "table", lambda _: 1 / 0)
        assert server.call("GET", "/skydns/regions/").status == 500
    assert json.loads(server.call("GET", "/skydns/regions/").text) == {}
