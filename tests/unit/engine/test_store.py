"""The store: what it keeps over a restart, and that no disk can stop or delay it."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from reconciler.engine.store import Store
from reconciler.engine.store_file import StoreFile, read_only
from reconciler.engine.store_values import Delta, SpecsDirectory
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision, Version

PAST = (
    KeptRevision(version=Version(revision="v002", spec_hash="ab", image_id=""), why="image x:2 can't be had"),
    KeptRevision(
        version=Version(revision="v003", spec_hash="abc", image_id="sha256:1"),
        at=12.5,
        text=b"image: x\nsize: 1\n\xff",
        file="webapp.yaml",
        image="x",
        good=True,
    ),
)


def event(at: float = 1000.0, *, cluster: str = "webapp", message: str = "", cause: str = "size 2 to 3") -> Event:
    return Event(
        at=at,
        cluster=cluster,
        kind="create",
        subject=f"{cluster}-1",
        cause=cause,
        message=message,
        duration_seconds=0.25,
    )


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition; fails after `seconds`."""
    tick, deadline = threading.Event(), monotonic() + seconds
    while not true():
        assert monotonic() < deadline, "it did not come true in time"
        tick.wait(0.01)


class Opened:
    """Opens stores, remembers what they complained of, closes them all."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._stores: list[Store] = []

    def __call__(self, path: Path, keep_events: int = 10_000) -> Store:
        store = Store(path, self.problems.append, keep_events=keep_events, look_seconds=0.05)
        self._stores.append(store)
        return store

    def close(self) -> None:
        for store in self._stores:
            store.close()


@pytest.fixture
def opened() -> Iterator[Opened]:
    opener = Opened()
    yield opener
    opener.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def on_disk(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_everything_is_there_again_after_a_restart(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    store = opened(path)
    store.record(event(1.0))
    store.record(event(2.0, cluster="auth"))
    store.remember_revisions("webapp", PAST)
    store.remember_spec("webapp", b"image: x\nsize: 1\n\xff", "webapp.yaml")
    store.remember_specs_directory(SpecsDirectory(path="/specs", dev=7, inode=2**63 + 5))
    store.confirm(["old", "older"])
    store.remember_held(["db", "web"])
    store.remember_held(["db"])
    store.close()
    again = opened(path)
    assert [e.cluster for e in again.events()] == ["webapp", "auth"]
    assert again.revisions() == {"webapp": PAST}
    assert again.last_good() == {"webapp": b"image: x\nsize: 1\n\xff"}
    assert again.last_good_files() == {"webapp": "webapp.yaml"}
    assert again.specs_directory() == SpecsDirectory(path="/specs", dev=7, inode=2**63 + 5)
    assert again.take_confirmed() == {"old", "older"}
    assert again.held() == {"db"}
    assert opened.problems == []


def test_a_confirmation_is_given_out_once_even_over_a_restart(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state.db")
    store.confirm(["webapp"])
    assert store.flush()
    assert store.take_confirmed() == {"webapp"}
    assert store.take_confirmed() == frozenset()
    store.close()
    assert opened(tmp_path / "state.db").take_confirmed() == frozenset()


PASTS = """
DROP TABLE revisions;
CREATE TABLE pasts (cluster TEXT PRIMARY KEY, revision TEXT NOT NULL, spec_hash TEXT NOT NULL, image_id TEXT NOT NULL);
INSERT INTO pasts VALUES ('webapp', 'v003', 'abc', 'sha256:1');
"""


@pytest.mark.parametrize(
    "former_format",
    [
        f"{PASTS}DROP TABLE held; DROP TABLE notes; PRAGMA user_version = 1",
        f"{PASTS}DROP TABLE notes; PRAGMA user_version = 2",
        f"{PASTS}PRAGMA user_version = 3",
    ],
)
def test_a_file_of_a_former_format_is_taken_over(opened: Opened, tmp_path: Path, former_format: str) -> None:
    path = tmp_path / "state.db"
    store = opened(path)
    store.record(event())
    store.close()
    former = sqlite3.connect(path)
    former.executescript(former_format)
    former.close()
    assert [e.cluster for e in read_only(path).events] == ["webapp"]
    known = {"webapp": (KeptRevision(version=PAST[1].version),)}
    assert read_only(path).revisions == known
    again = opened(path)
    assert [e.cluster for e in again.events()] == ["webapp"]
    assert again.revisions() == known
    again.remember_held(["web"])
    again.note("a", "1")
    again.close()
    last = opened(path)
    assert (last.held(), last.notes()) == (frozenset({"web"}), {"a": "1"})
    assert opened.problems == []


def test_notes_are_there_after_a_restart_and_dropped_ones_are_not(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = opened(path)
    for key in ("a", "b", "c"):
        store.note(key, f"{key}1")
    assert store.flush()
    store.note("a", "a2")
    store.note("b", None)
    store.close()
    again = opened(path)
    assert again.notes() == {"a": "a2", "c": "c1"}
    again.note("c", None)
    again.close()
    assert opened(path).notes() == {"a": "a2"}


def test_notes_are_written_again_where_the_file_was_lost_and_dropped_ones_do_not_come_back(
    opened: Opened, tmp_path: Path
) -> None:
    path, former = tmp_path / "state.db", tmp_path / "former.db"
    store = opened(path)
    store.note("a", "1")
    store.note("b", "1")
    assert store.flush()
    store.close()
    shutil.copy(path, former)
    store = opened(path)
    store.note("a", None)
    assert store.flush()
    store.close()
    store = opened(path)
    former.replace(path)  # somebody puts an old copy back under the running store
    store.note("c", "1")
    wait_until(lambda: {row[0] for row in on_disk(path, "SELECT key FROM notes")} == {"b", "c"})
    store.close()
    assert opened(path).notes() == {"b": "1", "c": "1"}


def test_held_deletions_are_written_again_where_the_file_was_lost(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = opened(path)
    store.remember_held(["web"])
    assert store.flush()
    path.unlink()
    wait_until(path.exists)
    assert store.flush()
    store.close()
    assert opened(path).held() == {"web"}


def test_a_forgotten_cluster_stays_forgotten_and_keeps_its_events(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state.db")
    store.record(event())
    store.remember_revisions("webapp", PAST)
    store.remember_spec("webapp", b"x")
    assert store.flush()
    store.forget("webapp")
    store.close()
    again = opened(tmp_path / "state.db")
    assert (again.revisions(), again.last_good(), len(again.events())) == ({}, {}, 1)


def test_event_ids_rise_also_within_one_instant_and_over_a_clock_set_back(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state.db")
    ids = [store.record(event(at)).id for at in (1000.0, 1000.0, 700.0)]
    store.close()
    ids.append(opened(tmp_path / "state.db").record(event(500.0)).id)
    assert ids == sorted(set(ids))


def test_events_are_the_newest_or_those_that_follow_an_id(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state.db")
    kept = [store.record(event(float(n), cluster="ab"[n % 2])) for n in range(1, 11)]
    assert store.events(limit=3) == tuple(kept[-3:])
    assert store.events(after_id=kept[4].id, limit=2) == tuple(kept[5:7])
    assert store.events(after_id=kept[-1].id) == ()
    assert {e.cluster for e in store.events(cluster="a")} == {"a"}


def test_old_events_are_dropped_in_memory_and_on_disk(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state.db", keep_events=50)
    for n in range(1, 1001):
        store.record(event(float(n)))
    store.close()
    assert len(store.events(limit=5000)) <= 50 + 256
    again = opened(tmp_path / "state.db", keep_events=50)
    assert [e.at for e in again.events(limit=5000)] == [float(n) for n in range(951, 1001)]


def test_long_messages_are_cut(opened: Opened, tmp_path: Path) -> None:
    kept = opened(tmp_path / "state.db").record(event(message="x" * 100_000))
    assert len(kept.message) == 2000


def test_looking_leaves_no_traces(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state" / "state.db")
    assert store.events() == ()
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_private_to_its_owner(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    store = opened(path)
    store.record(event())
    assert store.flush()
    assert {f.stat().st_mode & 0o777 for f in path.parent.iterdir()} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_recording_does_not_wait_for_a_disk_that_hangs(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is let go only after everything was recorded and read: who waits for it finds that it gave up."""
    hangs, is_let_go = threading.Event(), threading.Event()
    let_go_in_time: list[bool] = []
    real = StoreFile.apply

    def hanging(file: StoreFile, delta: Delta) -> None:
        hangs.set()
        let_go_in_time.append(is_let_go.wait(20))
        real(file, delta)

    store = opened(tmp_path / "state.db")
    monkeypatch.setattr(StoreFile, "apply", hanging)
    store.record(event())
    assert hangs.wait(20)
    for n in range(100):
        store.record(event(2000.0 + n))
    store.remember_revisions("webapp", PAST)
    assert len(store.events()) == 101
    assert store.revisions() == {"webapp": PAST}
    assert store.problem == ""
    is_let_go.set()
    assert store.flush()
    assert all(let_go_in_time)


def test_a_locked_file_is_reported_once_and_all_is_written_when_it_is_free(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = opened(path)
    store.record(event())
    assert store.flush()
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    for n in range(100):
        store.record(event(2000.0 + n))
    wait_until(lambda: bool(opened.problems))
    assert not store.flush(timeout=0.1)
    other.rollback()
    other.close()
    wait_until(lambda: store.problem == "" and store.flush())
    assert len(opened.problems) == 1
    assert on_disk(path, "SELECT count(*) FROM events") == [(101,)]


def test_a_deleted_directory_is_made_again_with_all_that_was_known(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    store = opened(path)
    store.record(event())
    store.remember_revisions("webapp", PAST)
    store.remember_spec("webapp", b"text")
    assert store.flush()
    shutil.rmtree(path.parent)
    wait_until(path.exists)
    wait_until(store.flush)
    store.close()
    again = opened(path)
    assert len(again.events()) == 1
    assert again.revisions() == {"webapp": PAST}
    assert again.last_good() == {"webapp": b"text"}


def test_only_the_write_ahead_file_deleted_loses_nothing(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = opened(path)
    store.record(event(1.0))
    assert store.flush()
    (tmp_path / "state.db-wal").unlink()
    store.record(event(2.0))
    assert store.flush()
    store.close()
    assert len(opened(path).events()) == 2


@pytest.mark.parametrize(
    "rubbish",
    [b"this is no database, whatever its name says" * 50, b"SQLite format 3\x00" + b"\xff" * 5000],
    ids=["text", "broken pages"],
)
def test_a_corrupt_file_is_moved_aside_and_a_new_one_begun(opened: Opened, tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(rubbish)
    store = opened(path)
    store.record(event())
    assert store.flush()
    assert (tmp_path / "state.db.corrupt").read_bytes() == rubbish
    assert len(opened.problems) == 1
    assert "state.db.corrupt" in opened.problems[0]
    store.close()
    assert len(opened(path).events()) == 1


def test_a_file_corrupted_under_a_running_store_harms_nothing_that_runs(opened: Opened, tmp_path: Path) -> None:
    """SQLite may go on from its cache; then the next start finds the damage and begins anew."""
    path = tmp_path / "state.db"
    store = opened(path)
    for n in range(1, 200):
        store.record(event(float(n), message="m" * 500))
    store.close()
    store = opened(path)
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
    store.remember_revisions("webapp", PAST)
    wait_until(store.flush)
    assert len(store.events()) == 199
    store.close()
    again = opened(path)
    again.record(event(5000.0))
    assert again.flush()
    assert again.problem == ""
    again.close()
    assert opened(path).events()[-1].at == 5000.0


def test_another_programs_database_is_not_written_into(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE events (something TEXT)")
    other.commit()
    other.close()
    store = opened(path)
    store.record(event())
    assert store.flush()
    assert on_disk(tmp_path / "state.db.corrupt", "SELECT * FROM events") == []


def test_a_newer_format_is_moved_aside_and_said_so(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    store = opened(path)
    store.record(event())
    assert store.flush()
    assert "format 99" in opened.problems[0]


def test_a_path_that_can_never_be_a_file_is_reported_once(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    tries: list[Path] = []
    real = StoreFile.__init__

    def counted(file: StoreFile, path: Path) -> None:
        tries.append(path)
        real(file, path)

    monkeypatch.setattr(StoreFile, "__init__", counted)
    store = opened(tmp_path / "state" / "state.db")
    store.record(event())
    wait_until(lambda: len(tries) >= 3)
    assert not store.flush(timeout=0.0)
    assert len(opened.problems) == 1
    assert "recovers by itself" in opened.problems[0]
    (tmp_path / "state").unlink()
    wait_until(store.flush)
    assert store.problem == ""
    assert len(opened.problems) == 1


def test_a_full_disk_is_reported_once_and_all_is_written_when_there_is_room(opened: Opened, small_disk: Path) -> None:
    path = small_disk / "state" / "state.db"
    store = opened(path)
    store.remember_revisions("webapp", PAST)
    assert store.flush()
    ballast = small_disk / "ballast"
    fill(ballast)
    for n in range(1, 301):
        store.record(event(float(n), message="m" * 500))
    wait_until(lambda: bool(opened.problems))
    assert not store.flush(timeout=0.2)
    assert len(store.events(limit=1000)) == 300
    ballast.unlink()
    wait_until(store.flush)
    assert len(opened.problems) == 1
    store.close()
    again = opened(path)
    assert len(again.events(limit=1000)) == 300
    assert again.revisions() == {"webapp": PAST}


def test_last_good_specs_are_read_from_a_full_and_from_a_read_only_disk(opened: Opened, small_disk: Path) -> None:
    path = small_disk / "state.db"
    store = opened(path)
    store.remember_spec("webapp", b"text")
    store.close()
    fill(small_disk / "ballast")
    full = opened(path)
    assert full.last_good() == {"webapp": b"text"}
    full.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    store = opened(path)
    assert store.last_good() == {"webapp": b"text"}
    store.remember_revisions("webapp", PAST)
    assert not store.flush(timeout=0.2)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    (small_disk / "ballast").unlink()
    wait_until(store.flush)
    store.close()
    again = opened(path)
    assert (again.last_good(), again.revisions()) == ({"webapp": b"text"}, {"webapp": PAST})


def test_a_listener_that_fails_does_not_end_the_writer(tmp_path: Path) -> None:
    def failing(_: str) -> None:
        raise RuntimeError("nobody listens")

    path = tmp_path / "state.db"
    path.write_bytes(b"rubbish" * 1000)
    store = Store(path, failing, look_seconds=0.05)
    store.record(event())
    assert store.flush()
    store.close()


def test_what_comes_after_closing_stays_in_memory(opened: Opened, tmp_path: Path) -> None:
    store = opened(tmp_path / "state.db")
    store.close()
    store.record(event())
    assert len(store.events()) == 1


def fill(path: Path) -> None:
    """Write zeros until the disk is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return
