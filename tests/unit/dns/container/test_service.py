"""What is made for an environment's names: which container, where, and with which rights."""

import json
from dataclasses import replace

import pytest

from reconciler.dns.container.service import IMAGE, InContainer, address_in, stands
from reconciler.dns.container.settings import SETTINGS_PATH, USER, read
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Network
from reconciler.state import labels as keys
from reconciler.state.image import Image
from tests.support.fake_box import Box
from tests.support.fake_engine import FakeEngine
from tests.unit.dns.container.conftest import Until, record

NAME = "dev_system_skydns"


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(images={IMAGE: Image(id="sha256:1")})


def _service(engine: FakeEngine, network: Network, **options: object) -> InContainer:
    names = EmbeddedNames("dev", "host1.example.com", 7)
    names.publish("id1", record())
    return InContainer(names, names, "docker", network, engine, **options)  # type: ignore[arg-type]


def _box(engine: FakeEngine) -> Box | None:
    return next((box for box in engine.boxes.values() if box.blueprint.name == NAME), None)


def _made(engine: FakeEngine, until: Until, **options: object) -> Box:
    # Nobody listens at a fake container's address: loopback refuses at once, where a bridge would be silent.
    network = replace(engine.ensure_network("dev", None), subnet="127.0.0.0/8", gateway="127.0.0.1")
    service = _service(engine, network, **options)
    service.look_after()
    until(lambda: (box := _box(engine)) is not None and box.started_at is not None)
    box = _box(engine)
    service.close()
    assert box is not None
    return box


def test_the_address_is_the_second_of_the_subnet() -> None:
    network = Network(id="n", name="reconciler-dev", subnet="10.224.16.0/20", gateway="10.224.16.1")
    assert address_in(network) == "10.224.16.2"


def test_instances_ask_there_first(engine: FakeEngine) -> None:
    network = engine.ensure_network("dev", None)
    assert _service(engine, network).nameservers == (address_in(network),)


def test_the_container_is_labelled_bounded_and_has_its_settings(engine: FakeEngine, until: Until) -> None:
    box = _made(engine, until, skydns_port=8081, skydns_secret="sesame")
    labels = box.labels
    assert (labels[keys.ENV], labels[keys.ROLE]) == ("dev", "system")
    assert keys.CLUSTER not in labels
    assert "sesame" not in str(labels)
    assert box.address == "127.0.0.2"
    assert box.blueprint.resources.memory_bytes == 96 * 1_048_576
    assert box.blueprint.resources.pids == 128
    settings = read(box.files[SETTINGS_PATH].content)
    assert (settings.env, settings.domain, settings.host) == ("dev", "docker", "host1-example-com")
    assert (settings.ttl_seconds, settings.skydns_port, settings.skydns_secret) == (7, 8081, "sesame")


def test_secrets_are_readable_for_the_server_alone(engine: FakeEngine, until: Until) -> None:
    box = _made(engine, until)
    for name in ("settings.json", "token", "notes.json"):
        file = box.files[f"/opt/reconciler/{name}"]
        assert (file.mode, file.owner) == (0o400, USER)
    assert json.loads(box.files["/opt/reconciler/notes.json"].content) == {}


def test_a_standing_container_is_known_by_its_labels(engine: FakeEngine, until: Until) -> None:
    assert not stands(engine, "dev")
    _made(engine, until)
    assert stands(engine, "dev")
    assert not stands(engine, "prod")
    engine.add_foreign("prod_system_skydns")
    assert not stands(engine, "prod")


def test_names_published_before_the_server_is_there_are_published(engine: FakeEngine) -> None:
    service = _service(engine, engine.ensure_network("dev", None))
    service.names.publish("id2", record("webapp2", "10.5.0.12"))
    service.names.withdraw("id2")
    assert set(service.names.published()) == {"id1"}
