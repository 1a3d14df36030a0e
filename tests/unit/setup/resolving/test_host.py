"""A host is seen as it is, from its files and programs alone."""

from pathlib import Path

import pytest

from reconciler.setup.resolving.host import look


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "run" / "systemd" / "resolve").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def resolvectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "resolvectl").write_text("#!/bin/sh\n")
    (programs / "resolvectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))


def test_a_bare_host_has_nothing(tmp_path: Path) -> None:
    host = look("dev.docker", tmp_path, "linux")
    assert (host.resolv_conf, host.nsswitch, host.resolv_conf_target, host.resolved) == (None, None, "", False)


def test_a_link_is_told_with_where_it_leads_on_the_host(root: Path) -> None:
    stub = root / "run" / "systemd" / "resolve" / "stub-resolv.conf"
    stub.write_bytes(b"nameserver 127.0.0.53\n")
    (root / "etc" / "resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    host = look("dev.docker", root, "linux")
    assert host.resolv_conf_target == "/run/systemd/resolve/stub-resolv.conf"
    assert host.resolv_conf == b"nameserver 127.0.0.53\n"


def test_resolved_needs_its_files_and_its_command(root: Path, resolvectl: None) -> None:
    assert not look("dev.docker", root, "linux").resolved
    (root / "run" / "systemd" / "resolve" / "stub-resolv.conf").touch()
    assert look("dev.docker", root, "linux").resolved


def test_resolved_without_its_command_does_not_count(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    (root / "run" / "systemd" / "resolve" / "stub-resolv.conf").touch()
    assert not look("dev.docker", root, "linux").resolved


def test_a_mac_s_file_is_the_zone_s(root: Path) -> None:
    (root / "etc" / "resolver").mkdir()
    (root / "etc" / "resolver" / "dev.docker").write_bytes(b"x")
    assert look("dev.docker", root, "darwin").mac_file == b"x"
    assert look("ci.docker", root, "darwin").mac_file is None
