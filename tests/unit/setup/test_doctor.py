"""The doctor's judgements that need no engine."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from reconciler.setup import doctor
from reconciler.setup.daemon import DaemonFiles, command, default_route_mtu
from reconciler.setup.findings import Finding, SetupError
from reconciler.setup.images import digests, folders
from reconciler.setup.locate import Endpoint
from reconciler.setup.network import look, names
from reconciler.setup.probe import EngineFacts
from reconciler.setup.report import table
from reconciler.setup.run import run


def _facts(api_version: str) -> EngineFacts:
    return EngineFacts(version="1.0", api_version=api_version, data_root=Path("/"), kernel_memory_limits=True)


def test_no_engine_is_a_finding_with_a_remedy_and_no_error(tmp_path: Path) -> None:
    findings = doctor.check({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}, tmp_path)
    engine = next(finding for finding in findings if finding.name == "engine")
    assert not engine.ok
    assert "does not answer" in engine.problem
    assert "DOCKER_HOST" in engine.remedy


def test_a_remote_engine_is_a_finding(tmp_path: Path) -> None:
    findings = doctor.check({"DOCKER_HOST": "tcp://engine.example.org:2376"}, tmp_path)
    assert any("ENGINE_OK=1" in finding.problem for finding in findings)


def test_an_old_engine_is_told_from_a_new_one() -> None:
    assert not doctor.engine_version(_facts("1.40")).ok
    assert doctor.engine_version(_facts("1.41")).ok


def test_an_old_python_is_a_finding() -> None:
    assert not doctor.python_version((3, 10, 1)).ok


def test_a_kernel_that_does_not_forward_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "ip_forward").write_text("0\n")
    assert "does not forward" in look(tmp_path / "ip_forward").problem


def test_the_table_says_in_words_what_is_missing_and_what_to_do() -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(table([Finding(name="disk", ok=False, problem="Full [of it].", remedy="Make room.")]))
    assert isinstance(console.file, io.StringIO)
    assert "missing  Full [of it]. Make room." in console.file.getvalue()


def test_a_narrow_default_route_narrows_the_bridge(tmp_path: Path) -> None:
    (tmp_path / "route").write_text("Iface\tDestination\nwan0\t00000000\t010200C0\n")
    (tmp_path / "wan0").mkdir()
    (tmp_path / "wan0" / "mtu").write_text("1400\n")
    mtu = default_route_mtu(tmp_path / "route", tmp_path)
    engine = Endpoint(url="unix:///x.sock", origin="a test")
    assert "--mtu=1400" in command(engine, DaemonFiles(), mtu=mtu)
    assert default_route_mtu(tmp_path / "nothing", tmp_path) == 1500


def test_a_failing_program_is_reported_with_its_last_lines() -> None:
    with pytest.raises(SetupError, match=r"exited with 3.*\n    the reason"):
        run(["sh", "-c", "echo the reason >&2; exit 3"], timeout_seconds=10)


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(SetupError, match="not done within"):
        run(["sleep", "60"], timeout_seconds=0.05)


def test_an_image_comes_after_the_one_it_starts_from_and_changes_with_it(tmp_path: Path) -> None:
    for name, text in {"app": "FROM reconciler/base\n", "base": "FROM debian:bookworm-slim\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(text)
    wanted = folders(tmp_path)
    assert [folder.reference for folder in wanted] == ["reconciler/base:latest", "reconciler/app:latest"]
    assert digests(wanted, base="1")["reconciler/app:latest"] != digests(wanted, base="2")["reconciler/app:latest"]


def test_an_engine_that_one_may_not_use_is_told_from_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refused)
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/engine.sock"}
    engine = next(finding for finding in doctor.check(environ, tmp_path) if finding.name == "engine")
    assert "you may not use it" in engine.problem
    assert "group docker" in engine.problem
    assert "dockerd" not in engine.remedy
    with pytest.raises(SetupError, match="group docker"):
        doctor.fix([engine], Console(file=io.StringIO()), environ)


def test_the_engine_of_the_option_is_the_one_looked_at(tmp_path: Path) -> None:
    environ = {"RECONCILER_ENGINE": f"unix://{tmp_path}/this.sock", "DOCKER_HOST": f"unix://{tmp_path}/that.sock"}
    engine = next(finding for finding in doctor.check(environ, tmp_path) if finding.name == "engine")
    assert "this.sock" in engine.problem
    assert "--engine" in engine.remedy


@pytest.mark.parametrize(
    ("first_free", "capabilities", "limited"), [(1024, 0, True), (1024, 1 << 10, False), (53, 0, False)]
)
def test_a_user_who_may_not_serve_port_53_is_told_and_nothing_counts_as_missing(
    tmp_path: Path, first_free: int, capabilities: int, limited: bool
) -> None:
    (tmp_path / "first").write_text(f"{first_free}\n")
    (tmp_path / "status").write_text(f"Name:\tx\nCapEff:\t{capabilities:016x}\n")
    finding = names(tmp_path / "first", tmp_path / "status")
    assert finding.ok
    assert ("port 53 needs root" in finding.problem) is limited
