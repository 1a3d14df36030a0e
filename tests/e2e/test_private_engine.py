"""The engine that tests may break: apart from the machine's own, it survives, and leaves nothing."""

import subprocess
from pathlib import Path

import pytest

from reconciler.setup.base_image import REFERENCE
from reconciler.setup.probe import answers, facts
from tests.support.private_engine import PrivateEngine

pytestmark = [pytest.mark.engine, pytest.mark.private_engine]


def _start_container(private: PrivateEngine, name: str) -> str:
    api = private.api()
    try:
        network = api.create_network("apart", driver="bridge")
        host = api.create_host_config(network_mode=network["Id"], init=True)
        made = api.create_container(REFERENCE, ["sleep", "600"], name=name, host_config=host)
        api.start(made["Id"])
        return str(made["Id"])
    finally:
        api.close()


def _running(private: PrivateEngine) -> list[str]:
    api = private.api()
    try:
        return [container["Names"][0] for container in api.containers()]
    finally:
        api.close()


def test_a_private_engine_survives_kill_and_restart_and_leaves_nothing(engine: str) -> None:
    private = PrivateEngine()
    try:
        private.start()
        assert str(facts(private.endpoint).data_root) == private.data_root
        private.load(REFERENCE, source=engine)
        _start_container(private, "sleeper")
        assert _running(private) == ["/sleeper"]

        private.kill()
        assert not answers(private.endpoint)
        private.start()
        assert answers(private.endpoint)

        private.restart()
        assert answers(private.endpoint)
    finally:
        private.close()
    assert not private.root.exists()
    assert private.root.name not in Path("/proc/mounts").read_text(encoding="utf-8")
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{private.root.name}"))


def test_its_containers_are_reachable_from_inside_only(private_engine: PrivateEngine, engine: str) -> None:
    private_engine.load(REFERENCE, source=engine)
    _start_container(private_engine, "reachable")
    routes = subprocess.run(
        [*private_engine.inside, "cat", "/proc/net/route"],
        check=True,
        capture_output=True,
        text=True,
        timeout=10,
    ).stdout
    assert "br-" in routes


def test_a_private_engine_can_run_out_of_space(engine: str) -> None:
    private = PrivateEngine(data_bytes=32 * 2**20)
    try:
        private.start()
        with pytest.raises(AssertionError, match="no space left"):
            private.load(REFERENCE, source=engine)
    finally:
        private.close()
