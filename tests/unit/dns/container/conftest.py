"""The server's parts on free ports of loopback, in this process, and the loop's side in front of a fake engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.dns.container.feed import Feed
from reconciler.dns.container.program import Parts
from reconciler.dns.container.settings import ServerSettings
from reconciler.state.records import Record

TOKEN = "the loop's own word"
ASKER_SECONDS = 20.0


def record(instance: str = "webapp1", address: str = "10.5.0.11", *, ready: bool = True) -> Record:
    return Record(
        instance=instance, cluster="webapp", zone="az1", revision="v000", address=address, ports=(8080,), ready=ready
    )


class Inside:
    """A running server as it is in the container, with its token in a file."""

    def __init__(self, parts: Parts, token_file: Path) -> None:
        self.parts = parts
        self.token_file = token_file

    def feed(self) -> Feed:
        """A connection that hasn't said anything yet."""
        return Feed(self.parts.control.address, ASKER_SECONDS)

    def names(self) -> dict[str, Record]:
        """What is answered of what the loop said."""
        return dict(self.parts.held.records())


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    """A server that nobody has told anything."""
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN, encoding="ascii")
    settings = ServerSettings(
        env="dev",
        domain="docker",
        host="host1",
        subnet="127.0.0.0/8",
        address="127.0.0.1",
        gateway="127.0.0.1",
        ttl_seconds=5,
    )
    parts = Parts(settings, {}, token_file, dns_port=0, control_port=0)
    parts.start()
    try:
        yield Inside(parts, token_file)
    finally:
        parts.stop()


Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def until() -> Until:
    """Waits for a condition, with a deadline."""
    import time

    def wait(condition: Callable[[], object]) -> None:
        give_up_at = time.monotonic() + ASKER_SECONDS
        while not condition():
            assert time.monotonic() < give_up_at, "it did not happen in time"
            time.sleep(0.005)

    return wait
