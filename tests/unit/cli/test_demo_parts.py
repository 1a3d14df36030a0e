"""The demo's parts without an engine: what ends it, what it never takes for its own, how it edits."""

import signal
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.demo_scenes import set_size
from reconciler.cli.demo_signals import Ending
from reconciler.cli.demo_stage import MARK, Stage
from reconciler.cli.settings import resolve
from reconciler.engine.docker.inventory import Inventory, Owned
from reconciler.engine.ports import EngineInfo, Listing
from reconciler.errors import UsageError


class Engine:
    """An engine that holds what it is told."""

    def __init__(self, held: Inventory) -> None:
        self._held = held

    def info(self) -> EngineInfo:
        return EngineInfo(id="e1", hostname="host", version="1", api_version="1.41")

    def inventory(self, env: str) -> Inventory:
        del env
        return self._held

    def listing(self, env: str) -> Listing:
        del env
        return Listing()


def stage(state: Path, held: Inventory | None = None) -> Stage:
    engine: Any = Engine(held or Inventory())
    return Stage(resolve(env="demo", state=state, specs=state / "specs"), engine)


def test_a_clean_place_has_no_leftovers(tmp_path: Path) -> None:
    assert not stage(tmp_path / "demo").leftovers()


def test_what_a_killed_demo_left_is_known_by_its_mark(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    assert stage(tmp_path).leftovers()


def test_somebodys_state_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").touch()
    with pytest.raises(UsageError, match="is no demo's; name another one"):
        stage(tmp_path).leftovers()


def test_somebodys_containers_are_refused(tmp_path: Path) -> None:
    held = Inventory(containers=(Owned(id="a" * 64, name="demo-web-1"),))
    with pytest.raises(UsageError, match="1 container"):
        stage(tmp_path / "demo", held).leftovers()


def test_a_directory_without_the_first_spec_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match=r"has no hello\.yaml"):
        stage(tmp_path / "demo").make_directory(empty)


def test_the_size_is_edited_and_the_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("image: a  # what\nsize: 3  # try 5\n")
    set_size(file, 5)
    assert file.read_text() == "image: a  # what\nsize: 5  # try 5\n"


def test_the_first_signal_ends_and_the_next_ones_do_not_disturb() -> None:
    ending = Ending()
    with pytest.raises(KeyboardInterrupt):
        ending(signal.SIGINT, None)
    ending(signal.SIGINT, None)
    ending(signal.SIGTERM, None)


def test_sigterm_ends_with_the_code_that_shells_give_it() -> None:
    with pytest.raises(SystemExit) as ended:
        Ending()(signal.SIGTERM, None)
    assert ended.value.code == 128 + signal.SIGTERM


def test_a_signal_waits_for_what_must_not_be_cut_in_two() -> None:
    whole = []

    def make() -> None:
        ending = Ending()
        with ending.hold():
            ending(signal.SIGINT, None)
            whole.append("yes")

    with pytest.raises(KeyboardInterrupt):
        make()
    assert whole == ["yes"]


def test_while_clearing_up_no_signal_is_heard() -> None:
    ending = Ending()
    ending.ignore()
    ending(signal.SIGINT, None)
