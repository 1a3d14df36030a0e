"""What this node decided once, on its own volume: who it is, with whom and how it joined.

Two files beside Cassandra's own: `node.json`, written before the JVM starts, and `joined`, which the JVM makes when it
has joined and before it serves (Node.java). Each is on the disk before anything follows from it.
"""

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE, DRAFT, JOINED = "node.json", "node.json.new", "joined"
OWN = (FILE, DRAFT, JOINED, "lost+found")
FORM, BOOTSTRAP, REPLACE = "form", "bootstrap", "replace"


class Unusable(Exception):
    """The volume can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A volume's node."""

    id: str
    number: int
    plan: str = ""  # how it joins, "" until that is decided
    cluster: str = ""
    members: Mapping[str, str] = field(default_factory=dict)  # of a founding: number to volume
    via: tuple[str, ...] = ()  # of a joining: who was there
    alive: int = 0  # and how many were
    address: str = ""  # of a replacing: where the dead node was
    attempts: int = 0  # starts with this plan before it had joined
    joined: bool = False


def load(folder: Path, number: int) -> Record:
    """The volume's record; a fresh one on an empty volume. Raises Unusable."""
    try:
        body = json.loads((folder / FILE).read_bytes())
        found = Record(**{**body, "via": tuple(body["via"]), "joined": (folder / JOINED).exists()})
    except FileNotFoundError:
        return fresh(folder, number)
    except (ValueError, TypeError, KeyError) as error:
        raise Unusable(f"{folder / FILE} can't be read ({error}); restore it, or remove the volume") from error
    if found.number != number:
        raise Unusable(f"the volume at {folder} is that of number {found.number}, this is number {number}")
    return found


def fresh(folder: Path, number: int) -> Record:
    strange = sorted(entry.name for entry in folder.iterdir() if entry.name not in OWN)
    if strange:
        raise Unusable(
            f"{folder} holds {', '.join(strange[:3])} and no {FILE}: data of somebody else's node; give this one"
            " an empty volume, or take that data over with a backup and a restore"
        )
    made = Record(id=uuid.uuid4().hex, number=number)
    save(folder, made)
    return made


def save(folder: Path, record: Record) -> None:
    """Write it down; it is on the disk when this returns."""
    body = {key: value for key, value in asdict(record).items() if key != "joined"}
    draft = folder / DRAFT
    with draft.open("w") as file:
        json.dump(body, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / FILE)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear(folder: Path) -> None:
    """Remove what a joining that failed has left: all but the record."""
    for entry in folder.iterdir():
        if entry.name in OWN:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
