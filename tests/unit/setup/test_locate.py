"""Which engine is meant, and which one is refused."""

import hashlib
import json
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.setup.locate import DEFAULT_SOCKET, Endpoint, find_engine

REMOTE = "tcp://engine.example.org:2376"


def _context(home: Path, name: str, host: str) -> None:
    directory = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    directory.mkdir(parents=True)
    (directory / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


def _current(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def test_without_any_word_the_default_socket_is_meant(tmp_path: Path) -> None:
    assert find_engine({}, tmp_path).url == "unix:///var/run/docker.sock"


@pytest.mark.parametrize("url", ["unix:///tmp/engine.sock", "tcp://127.0.0.1:2375", "tcp://localhost:2375"])
def test_a_local_docker_host_is_used(tmp_path: Path, url: str) -> None:
    assert find_engine({"DOCKER_HOST": url}, tmp_path) == Endpoint(url=url, origin="DOCKER_HOST")


@pytest.mark.parametrize("url", [REMOTE, "ssh://me@engine.example.org", "tcp://10.1.2.3:2375"])
def test_a_remote_docker_host_is_refused_with_the_way_out(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match=r"not on this machine.*ENGINE_OK=1"):
        find_engine({"DOCKER_HOST": url}, tmp_path)


def test_a_remote_engine_is_used_when_asked_for(tmp_path: Path) -> None:
    assert find_engine({"DOCKER_HOST": REMOTE, "ENGINE_OK": "1"}, tmp_path).url == REMOTE


def test_the_current_context_is_followed(tmp_path: Path) -> None:
    _context(tmp_path, "lab", "unix:///run/lab.sock")
    _current(tmp_path, "lab")
    assert find_engine({}, tmp_path).url == "unix:///run/lab.sock"


def test_a_remote_context_is_refused_by_its_name(tmp_path: Path) -> None:
    _context(tmp_path, "far", REMOTE)
    with pytest.raises(UsageError, match="docker context 'far'"):
        find_engine({"DOCKER_CONTEXT": "far"}, tmp_path)


def test_docker_host_beats_a_context(tmp_path: Path) -> None:
    _context(tmp_path, "far", REMOTE)
    _current(tmp_path, "far")
    assert find_engine({"DOCKER_HOST": "unix:///x.sock"}, tmp_path).origin == "DOCKER_HOST"


def test_a_context_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docker context 'gone' can't be read"):
        find_engine({"DOCKER_CONTEXT": "gone"}, tmp_path)


def test_a_torn_configuration_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("{")
    with pytest.raises(UsageError, match=r"config\.json"):
        find_engine({}, tmp_path)


def test_a_default_socket_that_one_may_not_look_at_is_still_the_one_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker.sock").touch()

    def exists(path: Path) -> bool:
        if path == DEFAULT_SOCKET:
            raise PermissionError(13, "Permission denied")
        return True

    monkeypatch.setattr(Path, "exists", exists)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path), "DOCKER_CONTEXT": "default"}
    assert find_engine(environ, tmp_path).url == f"unix://{DEFAULT_SOCKET}"
