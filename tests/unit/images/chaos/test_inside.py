"""What is done among the victim's own processes and files."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from fault_helper import fill
from fault_helper.burn import Burn
from fault_helper.processes import Process, others
from fault_helper.settings import Settings, Unusable


def _proc(root: Path, rows: Mapping[int, tuple[str, str, bytes]]) -> Path:
    (root / "meminfo").write_text("")
    for pid, (name, state, command) in rows.items():
        (root / str(pid)).mkdir()
        (root / str(pid) / "stat").write_text(f"{pid} ({name}) {state} 1 7 7 0 -1")
        (root / str(pid) / "cmdline").write_bytes(command)
    return root


def test_everything_but_the_init_and_helpers_is_a_process_of_the_victim(tmp_path: Path) -> None:
    helper = b"/usr/bin/python3\0-I\0-S\0/opt/chaos\0"
    proc = _proc(
        tmp_path,
        {
            1: ("docker-init", "S", b"/sbin/docker-init\0--\0web\0"),
            7: ("we) b (x", "R", b"web\0"),
            8: ("sh", "Z", b""),
            9: ("sleep", "T", b"sleep\0/opt/chaos/x\0"),
            10: ("runc:[2:INIT]", "S", b"runc\0init\0"),
            20: ("python3", "S", helper),
            21: ("python3", "S", helper),
        },
    )
    (proc / "30").mkdir()  # it went away while we looked
    assert others(20, proc) == [Process(7, "we) b (x", "R"), Process(9, "sleep", "T")]


def test_a_nameless_file_leaves_no_name(tmp_path: Path) -> None:
    made = fill.nameless(tmp_path)
    os.posix_fallocate(made, 0, 4096)
    assert list(tmp_path.iterdir()) == []
    os.close(made)


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"bytes": 0},
        {"bytes": "1GiB"},
        {"bytes": 1, "path": "tmp"},
        {"bytes": 1, "path": "/a/../b"},
        {"bytes": 1, "keep_bytes": -1},
    ],
)
def test_a_filling_that_makes_no_sense_is_refused(own: Mapping[str, object]) -> None:
    with pytest.raises(Unusable):
        fill.make(Settings("k1", "fill", 1.0, own))


def test_a_link_or_what_is_no_directory_is_not_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fill, "ROOT", tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("/tmp")
    for path in ("/link", "/nothing"):
        with pytest.raises(Unusable, match="is no directory there"):
            fill.make(Settings("k1", "fill", 1.0, {"bytes": 1, "path": path})).bite()
    with pytest.raises(Unusable, match="have to stay"):
        fill.make(Settings("k1", "fill", 1.0, {"bytes": 1, "path": "/real", "keep_bytes": 1e15})).bite()
    taken = fill.make(Settings("k1", "fill", 1.0, {"bytes": 1 << 20, "path": "/real", "keep_bytes": 0}))
    assert taken.bite()["bytes"] == 1 << 20
    taken.heal()
    taken.heal()


def test_burning_where_there_is_no_room_for_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    with pytest.raises(Unusable, match="leaves no room for 2 burners"):
        Burn(2).bite()


def test_burning_says_what_it_uses() -> None:
    burn = Burn(1)
    assert burn.bite()["cpus"] > 0
    burn.heal()
