"""Half a server is none: the program ends when a part of it does, and its keeper makes a new one."""

import pytest

from reconciler.dns.container.program import Parts
from reconciler.dns.container.settings import ServerSettings
from reconciler.dns.listen import CannotListen
from tests.unit.dns.container.conftest import Inside, Until


def test_all_parts_are_there_at_first(inside: Inside) -> None:
    assert inside.parts.alive()


def test_without_its_dns_server_it_is_over(inside: Inside) -> None:
    inside.parts.dns.stop()
    assert not inside.parts.alive()


def test_without_its_control_port_it_is_over(inside: Inside, until: Until) -> None:
    inside.parts.control.close()
    until(lambda: not inside.parts.alive())


def test_a_port_that_another_has_is_said_before_anything_runs(inside: Inside) -> None:
    taken = inside.parts.dns.addresses[0][1]
    settings = ServerSettings(
        env="dev", domain="docker", host="host1", subnet="127.0.0.0/8", address="127.0.0.1", gateway="127.0.0.1",
        ttl_seconds=5,
    )  # fmt: skip
    parts = Parts(settings, {}, inside.token_file, dns_port=taken, control_port=0)
    with pytest.raises(CannotListen):
        parts.start()
    parts.stop()
