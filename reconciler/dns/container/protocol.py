"""What the loop says to the name server in the container, and what that answers: frames of JSON over TCP.

Before: feed (the loop's side). After: control (inside). A frame is its length (4 bytes, big-endian) and an object.
The first frame is a Hello with the token that the loop has put into the container; then come Tables, each the whole
truth of its moment, and Contacts, which only ask what the server holds. Each is answered with a Holding.
Never here: names' meaning; time.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.state.records import Record

PORT = 7071
MAX_HELLO_BYTES = 1_024
MAX_FRAME_BYTES = 16_777_216
NOTHING = 0  # the version of a server that nobody told anything, or that no longer holds what it was told

_LENGTH = 4


class ProtocolError(ReconcilerError):
    """The other side says something that isn't this protocol, or hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who speaks; `recall` asks for the records that the server holds."""

    token: str
    recall: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All records by container id, the resolvers for other names, and the labels of all clusters of ours, also of those
    without a record; `version` > 0 is the sender's own count.
    """

    version: int
    records: Mapping[str, Record] = field(default_factory=dict)
    upstreams: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody looks after these names still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the server answers with now: the version of the last Table, NOTHING where it isn't that any more.

    `notes` are those of the SkyDNS API that changed (None: dropped), all of them in the answer to a Hello; `records`
    are only in that to a Hello which asked for them.
    """

    version: int
    records: Mapping[str, Record] = field(default_factory=dict)
    notes: Mapping[str, str | None] = field(default_factory=dict)


# ---------------------------------------------------------------- frames


def send(connection: socket.socket, message: Mapping[str, Any]) -> None:
    """One frame; raises OSError."""
    content = json.dumps(message, separators=(",", ":")).encode()
    connection.sendall(len(content).to_bytes(_LENGTH, "big") + content)


def receive(connection: socket.socket, limit: int) -> Mapping[str, Any]:
    """The next frame's object; raises ProtocolError for one that is longer than `limit` bytes or none, and OSError."""
    length = int.from_bytes(_exactly(connection, _LENGTH), "big")
    if length > limit:
        raise ProtocolError(f"a frame of {length} bytes: at most {limit} are taken")
    try:
        message = json.loads(_exactly(connection, length))
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a frame that is no JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("a frame that is no object")
    return message


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = connection.recv(min(count, 262_144))
        if not part:
            raise ProtocolError("the other side hung up")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


# ---------------------------------------------------------------- messages


def write(message: Hello | Table | Contact | Holding) -> dict[str, Any]:
    """As an object; `read_…` is its inverse."""
    match message:
        case Hello():
            return {"token": message.token, "recall": message.recall}
        case Table():
            written = _written(message.records)
            return {
                "version": message.version, "records": written, "upstreams": list(message.upstreams),
                "reserved": list(message.reserved),
            }  # fmt: skip
        case Contact():
            return {"contact": True}
        case Holding():
            written = _written(message.records)
            return {"holds": message.version, "records": written, "notes": dict(message.notes)}


def read_hello(said: Mapping[str, Any]) -> Hello:
    """Raises ProtocolError."""
    return Hello(token=_of(said, "token", str), recall=_of(said, "recall", bool))


def read_order(said: Mapping[str, Any]) -> Table | Contact:
    """What comes after the Hello. Raises ProtocolError."""
    if "contact" in said:
        return Contact()
    return Table(
        version=_of(said, "version", int), records=_read(said), upstreams=_texts(said, "upstreams"),
        reserved=_texts(said, "reserved"),
    )  # fmt: skip


def read_holding(said: Mapping[str, Any]) -> Holding:
    """Raises ProtocolError."""
    notes = _of(said, "notes", dict)
    if not all(isinstance(text, str | None) for text in notes.values()):
        raise ProtocolError("notes that are no text")
    return Holding(version=_of(said, "holds", int), records=_read(said), notes=notes)


def _written(records: Mapping[str, Record]) -> dict[str, Any]:
    return {
        id: [one.instance, one.cluster, one.zone, one.revision, one.address, list(one.ports), one.ready]
        for id, one in records.items()
    }


def _read(said: Mapping[str, Any]) -> Mapping[str, Record]:
    return {id: _record(row) for id, row in _of(said, "records", dict).items()}


def _record(row: Sequence[Any]) -> Record:
    match row:
        case [
            str(instance), str(cluster), str(zone), str(revision), str(address), list(ports), bool(ready),
        ] if all(isinstance(port, int) for port in ports):  # fmt: skip
            return Record(
                instance=instance, cluster=cluster, zone=zone, revision=revision, address=address,
                ports=tuple(ports), ready=ready,
            )  # fmt: skip
    raise ProtocolError("a record that is none")


def _texts(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = _of(said, key, list)
    if not all(isinstance(text, str) for text in found):
        raise ProtocolError(f"{key} that are no text")
    return tuple(found)


def _of(said: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    found = said.get(key)
    if not isinstance(found, kind):
        raise ProtocolError(f"{key} is missing or no {kind.__name__}")
    return found
