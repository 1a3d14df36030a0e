"""The bytes of the heartbeat protocol."""

import random
from contextlib import suppress

import pytest

from reconciler.engine.heartbeat_http import (
    MAX_HEAD_BYTES,
    MAX_METRICS,
    accepted,
    read_name,
    read_report,
    read_request,
    refused,
)
from reconciler.engine.http_head import RefusedError

TOKEN = "t" * 43


def _request(*, method: str = "POST", headers: tuple[str, ...] = (), body: str = '{"sequence":1}') -> bytearray:
    lines = [f"{method} /v1/beats/dev-webapp-1 HTTP/1.1", "Host: x", *headers, f"Content-Length: {len(body)}"]
    return bytearray(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def test_a_whole_request_is_read_and_says_how_long_it_was() -> None:
    buffer = _request(headers=(f"Authorization: Bearer {TOKEN}",)) + b"POST"
    request = read_request(buffer)
    assert request is not None
    assert (request.method, request.path) == (b"POST", b"/v1/beats/dev-webapp-1")
    assert (request.token, request.body) == (TOKEN.encode(), b'{"sequence":1}')
    assert request.keep_alive
    assert buffer[request.size :] == b"POST"


def test_every_prefix_of_a_request_is_incomplete_and_not_wrong() -> None:
    whole = _request(headers=(f"Authorization: Bearer {TOKEN}",))
    assert all(read_request(whole[:length]) is None for length in range(len(whole)))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"POST /v1/beats/x HTTP/2\r\n\r\n", 400),
        (b"hello\r\n\r\n", 400),
        (b"POST x HTTP/1.1\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length : 1\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: 8193\r\n\r\n", 413),
        (b"POST /x HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"A" * MAX_HEAD_BYTES, 413),
    ],
)
def test_what_is_no_request_of_ours_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as refusal:
        read_request(bytearray(raw))
    assert refusal.value.status == status


@pytest.mark.parametrize("value", ["", "Basic abc", "Bearer", "Bearer short", "Bearer " + "x" * 300, "Bearer a b" * 9])
def test_what_can_be_no_token_counts_as_none(value: str) -> None:
    request = read_request(_request(headers=(f"Authorization: {value}",)))
    assert request is not None
    assert request.token is None


def test_the_name_is_the_last_part_of_the_path_and_nothing_else() -> None:
    assert read_name(b"/v1/beats/dev-webapp-1") == "dev-webapp-1"
    wrong = (b"/", b"/v1/beats/", b"/v1/beats/a/b", b"/v1/beats/A", b"/v1/beats/%2e", b"/v2/beats/a")
    for path in (*wrong, b"/v1/beats/a?b"):
        assert read_name(path) is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"1", b"{}", b'{"sequence":"1"}', b'{"sequence":-1}', b'{"sequence":1.0}',
        b'{"sequence":true}', b'{"sequence":9223372036854775808}', b'{"sequence":1,"load":NaN}',
        b'{"sequence":1,"load":1e999}',
        b'{"sequence":1,"memory":-5}', b'{"sequence":1,"cpu":-1}',
        b'{"sequence":1,"uptime":null}', b"[" * 1000, b"\xff",
        b'{"sequence":1',
    ],
)  # fmt: skip
def test_a_body_that_is_no_report_is_none(body: bytes) -> None:
    assert read_report(body) is None


def test_a_report_carries_load_memory_and_uptime() -> None:
    report = read_report(b'{"sequence":7,"load":0.25,"memory":1024,"uptime":3,"more":"ignored"}')
    assert report is not None
    assert (report.sequence, report.load, report.memory_bytes, report.uptime_seconds) == (7, 0.25, 1024, 3.0)


def test_figures_of_the_main_process_are_taken_as_far_as_they_are_some() -> None:
    """A main process that writes nonsense is alive all the same."""
    many = ",".join(f'"n{number}":1' for number in range(70))
    report = read_report(
        f'{{"sequence":7,"cpu":0.5,"metrics":{{"a":1.5,"b":-1,"c":"1","0d":1,"e f":1,{many}}}}}'.encode()
    )
    assert report is not None
    assert report.cpu == 0.5
    assert report.metrics["a"] == 1.5
    assert not report.metrics.keys() & {"b", "c", "0d", "e f"}
    assert len(report.metrics) == MAX_METRICS
    for nonsense in (b"[]", b"7", b"null", b'"x"', b'{"a":1e999}'):
        report = read_report(b'{"sequence":7,"metrics":%s}' % nonsense)
        assert report is not None
        assert (report.cpu, report.metrics) == (None, {})


def test_random_bytes_are_a_request_incomplete_or_refused_and_nothing_else() -> None:
    chance = random.Random(7)
    seed = bytes(_request(headers=(f"Authorization: Bearer {TOKEN}",)))
    for _ in range(3000):
        raw = bytearray(seed[: chance.randrange(len(seed))] + chance.randbytes(chance.randrange(200)))
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + 1] = chance.randbytes(1)
        with suppress(RefusedError):
            request = read_request(raw)
            assert request is None or 0 < request.size <= len(raw)
        read_report(bytes(raw))


def test_answers_are_complete_http() -> None:
    assert accepted(1.0) == b"HTTP/1.1 204 No Content\r\nHeartbeat-Interval: 1\r\n\r\n"
    assert b"Heartbeat-Interval: 0.25\r\n" in accepted(0.25)
    assert b"Connection: close" in refused(410)
    assert b"Allow: POST" in refused(405)
