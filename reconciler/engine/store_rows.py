"""The tables of the store's file: their shape, and rows made of values and values of rows.

Before: store_file, the only caller. After: store_values. No connection is opened or changed here; a row that can't be
one of ours raises TypeError or ValueError.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from reconciler.engine.store_values import Content, GoodSpec, SpecsDirectory
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision, Version

if TYPE_CHECKING:
    import sqlite3

FORMAT = 4

HELD = "CREATE TABLE held (name TEXT PRIMARY KEY)"
NOTES = "CREATE TABLE notes (key TEXT PRIMARY KEY, text TEXT NOT NULL)"
REVISIONS = f"""
CREATE TABLE revisions (cluster TEXT NOT NULL, place INTEGER NOT NULL, revision TEXT NOT NULL,
  spec_hash TEXT NOT NULL, image_id TEXT NOT NULL, at REAL NOT NULL, text BLOB NOT NULL, file TEXT NOT NULL,
  image TEXT NOT NULL, good INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (cluster, place));
PRAGMA user_version = {FORMAT}
"""
SCHEMA = f"""
CREATE TABLE events (id INTEGER PRIMARY KEY, at REAL NOT NULL, cluster TEXT NOT NULL, kind TEXT NOT NULL,
  subject TEXT NOT NULL, cause TEXT NOT NULL, result TEXT NOT NULL, message TEXT NOT NULL,
  duration_seconds REAL NOT NULL);
CREATE TABLE specs (cluster TEXT PRIMARY KEY, text BLOB NOT NULL, file TEXT NOT NULL);
CREATE TABLE confirmed (name TEXT PRIMARY KEY);
CREATE TABLE directory (one INTEGER PRIMARY KEY CHECK (one = 1), path TEXT NOT NULL,
  dev TEXT NOT NULL, inode TEXT NOT NULL);
{HELD};
{NOTES};
{REVISIONS}
"""
# Formats before the fourth kept the newest revision of each cluster only, without its text.
FROM_PASTS = """
INSERT INTO revisions SELECT cluster, 0, revision, spec_hash, image_id, 0, X'', '', '', 0, '' FROM pasts;
DROP TABLE pasts
"""
TAKEN_OVER = f"{REVISIONS};{FROM_PASTS}"
# What makes the file of an older format one of this: format 1 had no held deletions, format 2 no notes.
SINCE = {0: SCHEMA, 1: f"{HELD};{NOTES};{TAKEN_OVER}", 2: f"{NOTES};{TAKEN_OVER}", 3: TAKEN_OVER}


def content(connection: "sqlite3.Connection") -> Content:
    """Everything that a file of this or a former format holds."""
    run = connection.execute
    one = run("SELECT path, dev, inode FROM directory").fetchone()
    found = run("PRAGMA user_version").fetchone()[0]
    held = run("SELECT name FROM held") if found > 1 else ()
    notes = run("SELECT key, text FROM notes") if found > 2 else ()
    return Content(
        events=tuple(_event(row) for row in run("SELECT * FROM events ORDER BY id")),
        revisions=_revisions(connection) if found > 3 else _pasts(connection),
        specs={
            str(cluster): GoodSpec(text=_bytes(text), file=str(file))
            for cluster, text, file in run("SELECT * FROM specs")
        },
        confirmed=frozenset(str(name) for (name,) in run("SELECT name FROM confirmed")),
        held=frozenset(str(name) for (name,) in held),
        directory=SpecsDirectory(path=one[0], dev=int(one[1]), inode=int(one[2])) if one else None,
        notes={str(key): str(text) for key, text in notes},
    )


def _revisions(connection: "sqlite3.Connection") -> dict[str, tuple[KeptRevision, ...]]:
    found: dict[str, tuple[KeptRevision, ...]] = {}
    for cluster, _, *row in connection.execute("SELECT * FROM revisions ORDER BY cluster, place"):
        found[str(cluster)] = (*found.get(str(cluster), ()), _kept(row))
    return found


def _pasts(connection: "sqlite3.Connection") -> dict[str, tuple[KeptRevision, ...]]:
    rows = connection.execute("SELECT cluster, revision, spec_hash, image_id FROM pasts")
    return {str(cluster): (KeptRevision(version=_version(row)),) for cluster, *row in rows}


def _version(row: Sequence[object]) -> Version:
    revision, spec_hash, image_id = row
    return Version(revision=str(revision), spec_hash=str(spec_hash), image_id=str(image_id))


def _kept(row: Sequence[object]) -> KeptRevision:
    at, text, file, image, good, why = row[3:]
    return KeptRevision(
        version=_version(row[:3]), at=float(cast("float", at)), text=_bytes(text), file=str(file), image=str(image),
        good=bool(good), why=str(why),
    )  # fmt: skip


def kept_row(cluster: str, place: int, kept: KeptRevision) -> tuple[object, ...]:
    """The row of a cluster's version, the `place`th of them."""
    version = (kept.version.revision, kept.version.spec_hash, kept.version.image_id)
    return (cluster, place, *version, kept.at, kept.text, kept.file, kept.image, int(kept.good), kept.why)


def marked(marks: Mapping[str, bool]) -> list[tuple[str]]:
    """One row for each name that is there."""
    return [(name,) for name, there in marks.items() if there]


def event_row(event: Event) -> tuple[object, ...]:
    """One event's row."""
    return (
        event.id,
        event.at,
        event.cluster,
        event.kind,
        event.subject,
        event.cause,
        event.result,
        event.message,
        event.duration_seconds,
    )


def _event(row: tuple[object, ...]) -> Event:
    id_, at, cluster, kind, subject, cause, result, message, duration = row
    if result not in ("done", "failed", "note"):
        raise ValueError(f"event {id_} has the result {result!r}")
    return Event(
        id=int(cast("int", id_)),
        at=float(cast("float", at)),
        cluster=str(cluster),
        kind=str(kind),
        subject=str(subject),
        cause=str(cause),
        result=result,
        message=str(message),
        duration_seconds=float(cast("float", duration)),
    )


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a spec's text is no bytes")
    return value
