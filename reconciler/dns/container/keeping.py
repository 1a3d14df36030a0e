"""One thread that keeps the name server's container as it should be, and tells it the newest names.

Before: service. After: engine.system (the container), feed (the connection). The connection is the watch: it ends with
the server's process, so a death is known at once and without the engine's events. What is told is always the newest
table, never a queue of old ones; and the server says with each answer which one it holds.
Never here: an end of the thread but by `stop`; an effect on a container that isn't ours.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Event, Thread

from reconciler.dns.container.feed import Feed, Waker
from reconciler.dns.container.hanging import Silence
from reconciler.dns.container.protocol import Holding, ProtocolError, Table
from reconciler.dns.container.settings import NOTES_PATH, TOKEN_PATH, USER
from reconciler.dns.skydns.registry import KEY, Notes
from reconciler.engine import system
from reconciler.engine.ports import Engine, File
from reconciler.errors import EngineUnavailable, PermanentError, ReconcilerError, TransientError
from reconciler.state.records import Record

log = logging.getLogger(__name__)

CONTACT_SECONDS = 0.25  # what others register in between is lost where the server is killed just then
START_SECONDS = 10.0  # from a start to the first connection, on a busy machine
LASTED_SECONDS = 60.0  # a server that lived so long is replaced at once, whatever ended it
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 30.0
FREED_SECONDS = 5.0  # a removal that takes longer is told of
_KNOCK_SECONDS = 0.05
_JOIN_SECONDS = 1.0
_AWAY_SECONDS = 1.0

Records = Callable[[], Mapping[str, Record]]


class Keeper:
    """Keeps `wanted` and tells it `records()`, `upstreams()` and `reserved()`; `where` is its control port."""

    def __init__(
        self,
        engine: Engine,
        wanted: Callable[[], system.Wanted],
        records: Records,
        upstreams: Callable[[], Sequence[str]],
        notes: Notes,
        where: tuple[str, int],
        *,
        reserved: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._engine = engine
        self._wanted = wanted
        self._records = records
        self._upstreams = upstreams
        self._reserved = reserved
        self._notes = notes
        self._where = where
        self._token = secrets.token_urlsafe(32)
        self._has_token = ""  # the id of the container that has it
        self._silence = Silence()
        self._freeing_since: float | None = None
        self._bell = Waker()
        self._stopped = Event()
        self._look = Event()
        self._changed = Condition()
        self._told: Mapping[str, Record] | None = None  # what the server answers with; None while nobody knows
        self._problem = ""
        self._version = 0
        self._failures = 0
        self._thread: Thread | None = None

    # ------------------------------------------------------------ any thread

    def look_after(self) -> None:
        """See that the thread runs, and that it looks at the container again."""
        self._look.set()
        if (self._thread is None or not self._thread.is_alive()) and not self._stopped.is_set():
            self._thread = Thread(target=self._run, name="name-server", daemon=True)
            self._thread.start()
        self._bell.ring()

    def changed(self) -> None:
        """There are other records than before."""
        self._bell.ring()

    def await_gone(self, id: str, seconds: float) -> bool:
        """Whether the server has no record `id` any more, within `seconds`; at once where it can't be reached."""
        with self._changed:
            self._changed.wait_for(lambda: self._told is None or id not in self._told, seconds)
            return self._told is not None and id not in self._told

    @property
    def serving(self) -> bool:
        """It is there, and answers with what it was told."""
        with self._changed:
            return self._told is not None

    def problem(self) -> str:
        with self._changed:
            return self._problem

    def recall(self) -> Mapping[str, Record]:
        """What a server of an earlier loop answers with; nothing where none stands. Before the thread runs."""
        try:
            wanted = self._wanted()
            found = system.find(self._engine, wanted.env, wanted.blueprint.name)
            if found is None or found.addresses.get(wanted.blueprint.network) != self._where[0]:
                return {}
            self._bring_token(found.id)
            feed = Feed(self._where)
            try:
                return feed.greet(self._token, recall=True).records
            finally:
                feed.close()
        except (ReconcilerError, OSError) as error:
            log.info("the names of an earlier loop are not known: %s", error)
            return {}

    def stop(self) -> None:
        """End the thread; the container stays."""
        self._stopped.set()
        self._bell.ring()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)  # not for as long as an engine may take that doesn't answer
            if self._thread.is_alive():
                return
        self._bell.close()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._stopped.is_set():
            began_at = time.monotonic()
            try:
                self._serve()
            except (ReconcilerError, OSError) as error:
                self._failed(error, time.monotonic() - began_at)
            except Exception as bug:
                log.exception("the name server's container can't be kept")
                self._failed(PermanentError(f"{bug!r} inside reconciler; please report it"), 0.0)

    def _serve(self) -> None:
        """One life of one connection."""
        self._look.clear()
        wanted = self._wanted()
        files = (self._token_file(), self._notes_file())
        kept = system.keep(self._engine, wanted, files, hung=self._silence.hung)
        if kept.made:
            self._has_token = kept.id
            log.info("name server: container %s made", wanted.blueprint.name)
        elif self._has_token != kept.id:
            self._bring_token(kept.id)
        feed = self._connected(wanted, kept)
        try:
            self._keep_notes(feed.greet(self._token), whole=True)
            self._silence.greeted(kept.id)
            self._feed(feed)
        except ProtocolError:
            self._has_token = ""  # whatever it was, a token brought anew is no part of it
            raise
        except TimeoutError as error:
            self._silence.noted(kept.id)
            raise TransientError(f"{wanted.blueprint.name} runs and doesn't answer") from error
        finally:
            feed.close()
            self._told_is(None)

    def _connected(self, wanted: system.Wanted, kept: system.Kept) -> Feed:
        """Raises EngineError where the container ends meanwhile, OSError where it never listens."""
        if not kept.made:  # a connection's end is known before the engine knows why
            self._check(wanted.blueprint.name, kept)
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                return Feed(self._where)
            except OSError as error:
                self._check(wanted.blueprint.name, kept)
                late = time.monotonic() > give_up_at
                if self._silence.unreached(kept.id, error, late=late) or late or self._stopped.wait(_KNOCK_SECONDS):
                    raise

    def _check(self, name: str, kept: system.Kept) -> None:
        """Raises TransientError where it doesn't run any more."""
        found = self._engine.find(name)
        if not kept.made and system.is_leaving(found):
            raise system.BeingRemoved(f"container {name} is being removed", _KNOCK_SECONDS)
        if found is None or found.id != kept.id or not system.runs(found):
            raise system.ended(name, found)

    def _feed(self, feed: Feed) -> None:
        """Tell what is new until something breaks or the container should be another one."""
        told, beside = None, None
        holds = 0
        while not self._stopped.is_set():
            self._bell.hush()
            records, besides = self._records(), (tuple(self._upstreams()), self._reserved())
            if records is not told or besides != beside or holds != self._version:
                self._version += 1
                table = Table(version=self._version, records=records, upstreams=besides[0], reserved=besides[1])
                self._keep_notes(feed.tell(table))
                told, beside = records, besides
                self._told_is(records)
                self._well()
            if self._look.is_set() and not self._still_right():
                return
            feed.wait(self._bell, CONTACT_SECONDS)
            holding = feed.contact()
            self._keep_notes(holding)
            holds = holding.version

    def _still_right(self) -> bool:
        """The container is what it should be; so it is, too, where the engine can't say."""
        self._look.clear()
        wanted = self._wanted()
        try:
            found = system.find(self._engine, wanted.env, wanted.blueprint.name)
            images = self._engine.images([wanted.blueprint.image])
        except EngineUnavailable:
            return True
        image = images.get(wanted.blueprint.image)
        return found is not None and system.is_right(found, wanted, image.id if image else None)

    # ------------------------------------------------------------ what it knows

    def _token_file(self) -> File:
        return File(path=TOKEN_PATH, content=self._token.encode(), owner=USER)

    def _notes_file(self) -> File:
        kept = {key: text for key, text in self._notes.notes().items() if key.startswith(KEY)}
        return File(path=NOTES_PATH, content=json.dumps(kept).encode(), owner=USER)

    def _keep_notes(self, holding: Holding, *, whole: bool = False) -> None:
        """What was registered outlives the container, too."""
        changes = dict(holding.notes)
        if whole:
            kept = self._notes.notes()
            dropped = {key: None for key in kept if key.startswith(KEY) and key not in changes}
            changes = {**{key: text for key, text in changes.items() if kept.get(key) != text}, **dropped}
        for key, text in changes.items():
            self._notes.note(key, text)

    def _bring_token(self, id: str) -> None:
        self._engine.upload(id, (self._token_file(),))
        self._has_token = id

    def _told_is(self, records: Mapping[str, Record] | None) -> None:
        with self._changed:
            self._told = records
            self._changed.notify_all()

    def _well(self) -> None:
        with self._changed:
            if self._problem:
                log.info("name server: answers again")
            self._problem = ""
        self._silence.ended()

    def _failed(self, error: Exception, lasted_seconds: float) -> None:
        """Say it where it is new, and wait: not after the first one, then longer each time, until one has lasted.

        An engine that is away is asked every second: that says nothing of the container.
        """
        self._told_is(None)
        if self._stopped.is_set() or self._awaits_name(error):
            return
        away = isinstance(error, EngineUnavailable)
        if not away:
            self._failures = 0 if lasted_seconds >= LASTED_SECONDS else self._failures + 1
        passing = isinstance(error, TransientError | ProtocolError | OSError)
        if self._failures > 1 or not passing:
            where = f"the name server at {self._where[0]}:{self._where[1]} can't be reached: "
            said = f"names do not answer: {where if isinstance(error, OSError) else ''}{error}"
            with self._changed:
                new, self._problem = said != self._problem, said
            if new:
                log.warning("%s", said)
        if away:
            self._stopped.wait(_AWAY_SECONDS)
        elif self._failures > 1:
            self._stopped.wait(min(FIRST_WAIT_SECONDS * 2.0 ** (self._failures - 2), LONGEST_WAIT_SECONDS))

    def _awaits_name(self, error: Exception) -> bool:
        """Whether all that is wrong is that the one before isn't gone yet; waits a moment for it then."""
        if not isinstance(error, system.BeingRemoved):
            self._freeing_since = None
            return False
        now = time.monotonic()
        if self._freeing_since is None:
            self._freeing_since = now
        if now - self._freeing_since >= FREED_SECONDS:
            return False
        log.debug("name server: %s", error)
        self._stopped.wait(error.retry_after_seconds)
        return True
