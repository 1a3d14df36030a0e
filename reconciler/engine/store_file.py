"""The store's file: SQLite in WAL mode, private to its owner; opened, read whole, changed by deltas.

Before: store's writer thread, the only caller. After: store_rows (the tables), the disk. Every failure of SQLite or
the disk leaves here as StoreError (try later) or BrokenStoreError (make a new one); what to do about it is decided in
store. WAL with synchronous=NORMAL keeps the file whole through a crash of the process or the machine; the last
commits may be lost with the machine (SQLite documentation, "PRAGMA synchronous").
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from reconciler.engine.store_rows import FORMAT, SCHEMA, SINCE, content, event_row, kept_row, marked
from reconciler.engine.store_values import BrokenStoreError, Content, Delta, StoreError

if TYPE_CHECKING:
    import sqlite3

BUSY_SECONDS = 0.5
BESIDE = ("-wal", "-shm", "-journal")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what SQLite and the disk say as StoreError or BrokenStoreError."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        # SQLITE_ERROR is SQL that doesn't fit the file: ours is constant, so the file is another's.
        wrong = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
        if code is not None and code & 0xFF in wrong:
            raise BrokenStoreError(str(error)) from error
        raise StoreError(str(error)) from error
    except (TypeError, ValueError) as error:
        raise BrokenStoreError(f"an entry can't be read: {error}") from error
    except OSError as error:
        raise StoreError(error.strerror or str(error)) from error


class StoreFile:
    """One open file. Used by one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, make it (and its directory, 0700) where it isn't there; check it whole."""
        self._path = path
        self._identity: dict[Path, tuple[int, int]] = {}
        with translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its -wal and -shm the mode of the file itself.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._connection = self._connect()
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        self.still_there()

    def load(self) -> Content:
        """Everything in it."""
        with translated():
            return content(self._connection)

    def apply(self, delta: Delta) -> None:
        """All of it in one transaction, or nothing."""
        with translated(), self._transaction() as do:
            for event in delta.events:
                do.execute("INSERT OR REPLACE INTO events VALUES (?,?,?,?,?,?,?,?,?)", event_row(event))
            if delta.prune_below:
                do.execute("DELETE FROM events WHERE id < ?", (delta.prune_below,))
            for name, revisions in delta.revisions.items():
                do.execute("DELETE FROM revisions WHERE cluster = ?", (name,))
                rows = [kept_row(name, place, kept) for place, kept in enumerate(revisions)]
                do.executemany("INSERT INTO revisions VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
            for name, spec in delta.specs.items():
                do.execute("DELETE FROM specs WHERE cluster = ?", (name,))
                if spec:
                    do.execute("INSERT INTO specs VALUES (?,?,?)", (name, spec.text, spec.file))
            do.executemany("DELETE FROM confirmed WHERE name = ?", [(name,) for name in delta.confirmed])
            do.executemany("INSERT INTO confirmed VALUES (?)", marked(delta.confirmed))
            do.executemany("DELETE FROM held WHERE name = ?", [(name,) for name in delta.held])
            do.executemany("INSERT INTO held VALUES (?)", marked(delta.held))
            do.executemany("DELETE FROM notes WHERE key = ?", [(key,) for key in delta.notes])
            do.executemany(
                "INSERT INTO notes VALUES (?,?)", [note for note in delta.notes.items() if note[1] is not None]
            )
            if delta.directory:
                # Device and inode numbers may need all 64 bits, unsigned; SQLite's integers are signed.
                entry = (delta.directory.path, str(delta.directory.dev), str(delta.directory.inode))
                do.execute("INSERT OR REPLACE INTO directory VALUES (1,?,?,?)", entry)

    def still_there(self) -> bool:
        """Whether the path still leads to the open file: SQLite itself writes on into a deleted one."""
        for path in (self._path, self._path.with_name(self._path.name + "-wal")):
            try:
                found = path.stat()
            except OSError:
                if path in self._identity:
                    return False
                continue
            if self._identity.setdefault(path, (found.st_dev, found.st_ino)) != (found.st_dev, found.st_ino):
                return False
        return True

    def close(self) -> None:
        """Let go of it; the last one to do so folds the WAL into the file."""
        with translated():
            self._connection.close()

    def _connect(self) -> "sqlite3.Connection":
        import sqlite3

        return sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA journal_size_limit = 1048576")
        verdict = run("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise BrokenStoreError(str(verdict))
        found = run("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise BrokenStoreError(f"it has format {found}, made by a newer version; this one reads {FORMAT}")
        if found < FORMAT:
            with self._transaction() as do:
                for statement in SINCE.get(found, SCHEMA).split(";"):
                    do.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator["sqlite3.Connection"]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has already rolled back by itself after some errors (disk full, I/O).
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def read_only(path: Path) -> Content:
    """What a file holds that can't be opened for writing (a read-only or full disk). Raises StoreError."""
    import sqlite3

    place = f"file:{quote(str(path))}"
    try:
        with translated(), closing(sqlite3.connect(f"{place}?mode=ro", uri=True)) as connection:
            return content(connection)
    except StoreError:
        # WAL needs a file beside it that can't be made here; without it, the last few commits may be missed.
        with translated(), closing(sqlite3.connect(f"{place}?immutable=1", uri=True)) as connection:
            return content(connection)


def move_aside(path: Path) -> Path:
    """Rename a broken file so that a new one can be made; only the last broken one is kept.

    Raises StoreError where even that fails.
    """
    aside = path.with_name(path.name + ".corrupt")
    with translated():
        for end in BESIDE:
            path.with_name(path.name + end).unlink(missing_ok=True)
        path.replace(aside)
    return aside
