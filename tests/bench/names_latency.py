"""How soon a name goes with its instance, and comes with it: asked again and again while instances are killed and
become ready.

Before: stage (a real loop). After: the table. The instances are sleepers without an agent; what an agent does is done
here, so that the instant of the first beat is known.
"""

import io
import socket
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.bench.names_asked import Asker
from tests.bench.stage import PATIENCE_SECONDS, Stage, spec, stage
from tests.bench.values import Row, at_most, samples
from tests.support.beating import beat_bytes
from tests.support.loop_process import DOMAIN

CLUSTERS = 10
SIZE = 5
_LIMIT_SECONDS = 0.2
_PACE_SECONDS = 0.002
_LISTENER_PORT = 7070
_TOKEN = "/run/reconciler/token"
# One beat has to do for the whole run: an agent that goes on beating would only be noise.
_HEALTH = "health: {heartbeat: {interval: 1h, misses: 3}, start: 30m}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds: `gone` from just before the kill, `ended` from the same until the engine's event; `ready` from just
    before the beat."""

    gone: float
    ended: float
    ready: float


def measure(engine_url: str) -> Iterator[Row]:
    """Every instance is killed once, since a number's second start in a row is put off on purpose."""
    with stage(engine_url) as here:
        clusters = [f"web{number}" for number in range(1, CLUSTERS + 1)]
        for cluster in clusters:
            here.loop.save(cluster, spec(SIZE, more=_HEALTH))
        watched = Watched(here)
        chosen = [(cluster, number) for number in range(1, SIZE + 1) for cluster in clusters]
        for cluster, number in chosen:
            watched.come(cluster, number)
        here.loop.until_settled()
        times = [watched.turn(cluster, number) for cluster, number in chosen]
        watched.close()
    ended = samples([one.ended for one in times], "ms")
    yield at_most(
        "instance killed → its names gone", samples([one.gone for one in times], "ms"), _LIMIT_SECONDS,
        "from just before SIGKILL is asked of the engine to the first answers, to its own name and to its cluster's, "
        f"without its address; the host asks for both every {_PACE_SECONDS * 1000:g} ms. Of it the engine itself takes "
        f"{ended.show(ended.median)} (p95 {ended.show(ended.percentile(0.95))}) until it tells of the end.",
        p95=True,
    )  # fmt: skip
    yield at_most(
        "instance ready → its name there", samples([one.ready for one in times], "ms"), _LIMIT_SECONDS,
        "from just before its first beat is sent, which makes it ready, to the first answer to its cluster's name with "
        "its address.",
        p95=True,
    )  # fmt: skip


class Watched:
    """The instances of the stage's loop, as one sees them who asks for their names."""

    def __init__(self, here: Stage) -> None:
        self._here = here
        self._docker = here.client()
        # Found out from the engine, not assumed: the loop says there where its DNS server and its listener are.
        gateway = self._docker.inspect_network(here.network)["IPAM"]["Config"][0]["Gateway"]
        self._listener = (gateway, _LISTENER_PORT)
        self._asker: Asker | None = None
        self._killer = ThreadPoolExecutor(1)

    def close(self) -> None:
        self._killer.shutdown()
        self._docker.close()
        if self._asker is not None:
            self._asker.__exit__()

    def come(self, cluster: str, number: int) -> tuple[float, str]:
        """Wait until it runs, beat for it; the seconds from the beat to its cluster's name, and its address."""
        container = f"{self._here.cluster(cluster)}{number}"
        own, of_cluster = self._names(cluster, number)
        self._here.loop.until(lambda: container in self._here.loop.containers(cluster), what=f"{container} runs")
        asker = self._served(container)
        self._until(lambda: bool(asker.ask(own)), f"{own} is answered")
        (address,) = asker.ask(own)
        beat = beat_bytes(container, token=self._token(container))
        with socket.create_connection(self._listener, PATIENCE_SECONDS) as line:
            began = time.monotonic()
            line.sendall(beat)
            seconds = self._until(lambda: address in asker.ask(of_cluster), f"{of_cluster} has {address}") - began
            said = line.recv(4096)
        assert b" 204 " in said, f"the beat was refused: {said!r}"
        return seconds, address

    def turn(self, cluster: str, number: int) -> Times:
        """Kill it; wait for its replacement and make that one ready."""
        container = f"{self._here.cluster(cluster)}{number}"
        own, of_cluster = self._names(cluster, number)
        asker = self._served(container)
        (address,) = asker.ask(own)
        assert address in asker.ask(of_cluster), f"{of_cluster} has no {address}\n{self._here.loop.picture()}"
        since, began = time.time(), time.monotonic()
        killing = self._killer.submit(self._docker.kill, container)  # the engine answers when it has put it away
        gone = self._until(
            lambda: address not in asker.ask(own) and address not in asker.ask(of_cluster), f"{address} is gone"
        )
        killing.result()
        ended = self._here.events.nth(1, "die", container, since)
        self._here.events.nth(1, "start", container, since)
        ready, _ = self.come(cluster, number)
        self._here.loop.until_settled()
        return Times(gone=gone - began, ended=ended - since, ready=ready)

    def _names(self, cluster: str, number: int) -> tuple[str, str]:
        zone = f"{self._here.env}.{DOMAIN}"
        return f"{cluster}{number}.{cluster}.{zone}", f"{cluster}.{zone}"

    def _served(self, container: str) -> Asker:
        """Whoever the container itself asks first."""
        if self._asker is None:
            server = self._docker.inspect_container(container)["HostConfig"]["Dns"][0]
            self._asker = Asker((server, 53))
        return self._asker

    def _token(self, container: str) -> str:
        pieces, _ = self._docker.get_archive(container, _TOKEN)
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
            file = tar.extractfile(tar.getmembers()[0])
            assert file is not None
            return file.read().decode()

    def _until(self, seen: Callable[[], bool], what: str) -> float:
        """The instant (of the monotonic clock) at which it was seen."""
        deadline_at = time.monotonic() + PATIENCE_SECONDS
        while not seen():
            if time.monotonic() > deadline_at:
                raise AssertionError(f"not within {PATIENCE_SECONDS:g} s: {what}\n{self._here.loop.picture()}")
            time.sleep(_PACE_SECONDS)
        return time.monotonic()
