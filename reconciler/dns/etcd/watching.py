"""A thread that hears of every change under our prefixes, from a revision on.

Before: gateway.stream (`/v3/watch`: one JSON object a line, two watches in one stream). After: keeper, which it tells.
A stream that is silent for a while is opened anew where it left off: silence and a dead connection look the same.
Never here: judging what changed.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from reconciler.dns.etcd.gateway import EtcdError, Gateway, Stream, decoded, held_from, range_of
from reconciler.dns.etcd.mirror import Held

SILENT_SECONDS = 30.0
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A key was put, or deleted (`held` None), at `revision`."""

    key: str
    held: Held | None
    revision: int


class Watching:
    """Calls `on_seen` with each batch, and `on_end` once with the reason when it can't go on; both in its thread."""

    def __init__(
        self,
        gateway: Gateway,
        prefixes: Sequence[str],
        revision: int,
        on_seen: Callable[[Sequence[Seen]], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._gateway = gateway
        self._prefixes = prefixes
        self._next = revision
        self._on_seen = on_seen
        self._on_end = on_end
        self._closed = Event()
        self._open: Stream | None = None
        self._thread = Thread(target=self._run, name="etcd-watch", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """End it, also where it waits."""
        self._closed.set()
        if self._open is not None:
            self._open.shut()
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        try:
            while not self._closed.is_set():
                for batch in self._stream():
                    self._on_seen(batch)
        except EtcdError as error:
            self._end(str(error))
        except (KeyError, TypeError) as error:
            self._end(f"answers as no etcd does ({error!r})")

    def _end(self, reason: str) -> None:
        if not self._closed.is_set():
            self._on_end(reason)

    def _stream(self) -> Iterator[Sequence[Seen]]:
        """Batches until it is silent for too long; raises EtcdError where it breaks."""
        requests = [
            {"create_request": {**range_of(prefix), "start_revision": str(self._next), "watch_id": str(number)}}
            for number, prefix in enumerate(self._prefixes, start=1)
        ]
        body = "\n".join(map(json.dumps, requests)).encode()
        stream = self._gateway.stream(SILENT_SECONDS)
        self._open = stream
        try:
            for line in stream.lines("watch", body):
                batch = _batch(json.loads(line))
                if batch:
                    yield batch
                    self._next = max(self._next, *(seen.revision + 1 for seen in batch))
        except TimeoutError:
            return
        except ValueError as error:
            raise EtcdError("answers no JSON at /v3/watch: is it etcd?") from error
        finally:
            stream.close()
        raise EtcdError("ended the watch")


def _batch(message: Mapping[str, Any]) -> Sequence[Seen]:
    """The changes in one message. Raises EtcdError where etcd ended the watch (compacted, say)."""
    if "result" not in message:
        raise EtcdError(f"refused the watch: {message.get('error')}")
    result = message["result"]
    if result.get("canceled"):
        raise EtcdError(f"ended the watch: {result.get('cancel_reason') or 'that revision is gone'}")
    return [_seen(event) for event in result.get("events", ())]


def _seen(event: Mapping[str, Any]) -> Seen:
    pair = event["kv"]
    deleted = event.get("type") == "DELETE"
    return Seen(key=decoded(pair["key"]), held=None if deleted else held_from(pair), revision=int(pair["mod_revision"]))
