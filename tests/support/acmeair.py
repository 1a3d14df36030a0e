"""A whole Acme Air cloud of a test's own: an example's specs with free host ports, under a loop of its own.

Before: the images (`make acmeair-images`), loop_process. After: end-to-end tests and figures of the cloud.
Never here: another environment's containers; `close` removes what this one made, its volumes too.
"""

import re
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from reconciler.setup.locate import Endpoint
from reconciler.setup.probe import image_labels
from tests.support.acmeair_eureka import registered
from tests.support.acmeair_site import Person, SiteError
from tests.support.loop_process import ROOT, LoopProcess

EXAMPLES = ROOT / "examples"
START_SECONDS = 120.0
REGISTERED = ("web", "auth", "zuul", "eureka")
_PUBLISHED = re.compile(r'"(\d+)(?:-(\d+))?:8080"')
_PACE_SECONDS = 0.1
_LOOK_SECONDS = 0.2


class Cloud:
    """The example's environment; `site` is Zuul's first host port, `eureka` Eureka's."""

    def __init__(
        self,
        engine_url: str,
        root: Path,
        *,
        example: str = "acmeair",
        env: str | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.loop = LoopProcess(engine_url, root, env=env, options=("--skydns-port", "0", *options))
        ports: dict[str, int] = {}
        for file in sorted((EXAMPLES / example).glob("*.yaml")):
            text, ports[file.stem] = _own_ports(file.read_text(encoding="utf-8"))
            (self.loop.specs / file.name).write_text(text, encoding="utf-8")
        self.clusters = list(ports)
        self.site, self.eureka = ports["zuul"], ports["eureka"]

    def person(self, number: int = 0, *, port: int | None = None, timeout_seconds: float = 10.0) -> Person:
        """A customer in front of Zuul, or of whoever listens at `port`."""
        return Person("127.0.0.1", port or self.site, f"uid{number}@email.com", timeout_seconds)

    def all_ready(self) -> bool:
        """Whether every cluster is ready and every task done."""
        rows = {row.name: row for row in self.loop.client.status().clusters}
        return all(name in rows and rows[name].all_ready for name in self.clusters)

    def until_ready(self, seconds: float = START_SECONDS) -> None:
        """Until every cluster is ready and a customer's whole journey succeeds through Zuul."""
        # Looking costs a processor that those who start need.
        self.loop.until(self.all_ready, seconds, "all of Acme Air is ready", every=_LOOK_SECONDS)
        self.until_journey(seconds)

    def until_whole(self) -> None:
        """All ready, nothing under way, nobody left over in Eureka either."""
        self.until_ready()
        self.loop.until_settled()
        self.loop.until(self.eureka_knows_all, 30, "Eureka lists exactly what is ready")

    def eureka_knows_all(self) -> bool:
        """Whether it lists every instance of the tiers and itself, with address and zone and UP, and nobody else."""
        rows = [one for row in self.loop.client.status().clusters if row.name in REGISTERED for one in row.instances]
        wanted = {f"{one.name}:8080": (one.address, one.zone, "UP") for one in rows}
        try:
            found = registered("127.0.0.1", self.eureka)
        except OSError:
            return False
        return {one.id: (one.address, one.zone, one.status) for one in found.values()} == wanted

    def until_journey(self, seconds: float = START_SECONDS) -> str:
        """Until a whole journey succeeds; the booking's number. AssertionError with the last problem else."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.person().journey()
            except SiteError as problem:
                if time.monotonic() > deadline:
                    raise AssertionError(f"no journey in {seconds:g} s: {problem}\n{self.loop.picture()}") from problem
            time.sleep(_PACE_SECONDS)

    def address(self, name: str) -> str:
        """The address of an instance by its short name, such as `web1`."""
        found = {one.name: one.address for row in self.loop.client.status().clusters for one in row.instances}
        address = found.get(name)
        assert address, f"{name} has no address: {found}"
        return address

    def close(self) -> None:
        """End the loop and remove the environment with its volumes."""
        self.loop.close()


def _own_ports(text: str) -> tuple[str, int]:
    """The spec with free host ports instead of its own, and the first of them (0 where it publishes none)."""
    first = 0

    def free(found: re.Match[str]) -> str:
        nonlocal first
        count = int(found[2] or found[1]) - int(found[1]) + 1
        first = free_ports(count)
        return f'"{first}-{first + count - 1}:8080"' if count > 1 else f'"{first}:8080"'

    return _PUBLISHED.sub(free, text), first


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens on just now."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            first: int = taken.getsockname()[1]
        with suppress(OSError), ExitStack() as held:
            for place in range(count):
                held.enter_context(socket.create_server(("127.0.0.1", first + place)))
            return first


def require_images(engine_url: str, names: Sequence[str]) -> None:
    """Fails the test, and says what to do, where one of the project's images isn't there."""
    endpoint = Endpoint(url=engine_url, origin="a test")
    missing = [name for name in names if image_labels(endpoint, f"reconciler/{name}:latest") is None]
    if missing:
        pytest.fail(f"not built: {', '.join(missing)}; `make acmeair-images`", pytrace=False)


IMAGES = ("cassandra", "eureka", "zuul", "acmeair-auth", "acmeair-web", "acmeair-loader", "load")


@contextmanager
def cloud(engine_url: str, root: Path, *, example: str = "acmeair", options: Sequence[str] = ()) -> Iterator[Cloud]:
    """A running one whose site works; gone afterwards. `options` are added to `run`."""
    require_images(engine_url, IMAGES)
    made = Cloud(engine_url, root, example=example, options=options)
    try:
        made.loop.start()
        made.until_ready()
        yield made
    finally:
        made.close()
