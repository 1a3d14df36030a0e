"""The API's answer about a thousand instances: a real loop over an engine in memory, real HTTP.

Before: tests.loop.turning, the API's server. After: the table.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

from reconciler.api.http.app import api_app
from reconciler.api.http.server import WebServer, listen
from reconciler.api.http.site import site
from reconciler.api.http.token import TokenFile
from tests.bench.values import Row, at_most, samples
from tests.loop.turning import PLAIN, Turning
from tests.support.fake_services import fake_services

COUNT = 1000
CLUSTERS = 10
ROUNDS = 20
_PATHS = ("/v1/instances", "/v1/status")


def measure(_engine_url: str) -> Iterator[Row]:
    """One connection that stays open, as a client has it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        turning = Turning(Path(place))
        for number in range(CLUSTERS):
            turning.save(
                f"web{chr(ord('a') + number)}", f"image: {PLAIN}\nsize: {COUNT // CLUSTERS}\nzones: [az1, az2]\n"
            )
        turning.start()
        try:
            turning.settle()
            times = _ask(turning, TokenFile(Path(place) / "token"))
        finally:
            turning.end()
    for path in _PATHS:
        yield at_most(
            f"`GET {path}` of {COUNT:,} instances (fake engine)", samples(times[path], "ms"), 0.050,
            f"a real loop with {CLUSTERS} clusters of {COUNT // CLUSTERS}, asked over one HTTP connection with the "
            f"token, until the whole answer is read; {ROUNDS} times.",
        )  # fmt: skip


def _ask(turning: Turning, tokens: TokenFile) -> dict[str, list[float]]:
    services = replace(fake_services().services, loop=turning.loop)
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = WebServer(site(api_app(services, tokens), None, port=port), listener)
    server.start()
    times: dict[str, list[float]] = {path: [] for path in _PATHS}
    try:
        with closing(HTTPConnection("127.0.0.1", port)) as connection:
            for _ in range(ROUNDS):
                for path in _PATHS:
                    times[path].append(_get(connection, path, tokens.value()))
    finally:
        server.close()
    return times


def _get(connection: HTTPConnection, path: str, token: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - began
    assert answer.status == 200, body
    found = json.loads(body)
    instances = found.get("instances") or [one for cluster in found["clusters"] for one in cluster["instances"]]
    assert len(instances) == COUNT, len(instances)
    return seconds
