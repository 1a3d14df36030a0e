"""Asks the others until it is decided how this node joins, and answers them meanwhile.

Before: `__main__`, for a volume without a plan. After: it, with the decision, which is made under the same lock as
answers are given, so that nobody hears of an empty volume after the decision was made without it. Each question
carries the asker's own card: two nodes know each other as soon as one of them has asked.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cassandra_node.cards import EMPTY, FORMING, Card, from_text, to_text
from cassandra_node.deciding import Decision, Form, Heard, Lost, Wait, decide
from cassandra_node.settings import Settings

PORT = 8080
PATIENCE = 0.5  # seconds for one question
EAGER, CALM = 0.03, 0.25  # seconds between questions, at first and later
EAGER_SECONDS = 5.0
SAY_AGAIN = 5.0
Say = Callable[[str], None]


class Meeting:
    """What this node knows of the others, and the decision once it is made."""

    def __init__(self, me: Card, settings: Settings, say: Say) -> None:
        self.me = me
        self.settings = settings
        self.say = say
        self.lock = threading.Lock()
        self.seeds: dict[str, Card | None] = dict.fromkeys(settings.other_seeds)
        self.others: dict[str, Card] = {}
        self.said, self.said_at = "", 0.0

    def answer(self, body: bytes) -> bytes:
        """Another node's question, which may carry its card; ours."""
        with self.lock:
            if body:
                self.learn(from_text(body))
            return to_text(self.me)

    def learn(self, card: Card) -> None:
        """A card that came with a question: it is one of the seeds', if it has the number of one."""
        for name in self.seeds:
            if number_in(name) == card.number:
                self.seeds[name] = card

    def status(self) -> str:
        """What this node waits for."""
        return self.said or "looking for the other nodes"

    def hold(self) -> Decision:
        """Ask until it is decided. Waiting for ever is right: an empty node that guessed could hide the data."""
        began = time.monotonic()
        with ThreadPoolExecutor(max_workers=16) as pool:
            while True:
                self.look(pool)
                decision = self.decide()
                if isinstance(decision, Lost):
                    self.tell_gone(pool, decision)
                elif isinstance(decision, Wait):
                    self.tell_why(decision.reason)
                else:
                    return decision
                time.sleep(EAGER if time.monotonic() - began < EAGER_SECONDS else CALM)

    def tell_gone(self, pool: ThreadPoolExecutor, lost: Lost) -> None:
        """Say it to each member that doesn't know; the next round shows whether it was believed."""
        doubts = [text for text in pool.map(lambda name: tell(name, lost.address), lost.members) if text]
        if doubts:
            self.tell_why(f"{'; '.join(doubts)}")

    def look(self, pool: ThreadPoolExecutor) -> None:
        """One round of questions: all seeds, and whoever else has the cluster's name."""
        question = to_text(self.me)
        addresses = self.neighbours()
        names = list(self.seeds)
        answers = list(pool.map(lambda host: ask(host, question), [*names, *addresses]))
        with self.lock:
            for name, card in zip(names, answers, strict=False):
                self.seeds[name] = card if card is None or card.id != self.me.id else None
            known = {card.id for card in self.seeds.values() if card is not None} | {self.me.id}
            rest = zip(addresses, answers[len(names) :], strict=True)
            self.others = {host: card for host, card in rest if card is not None and card.id not in known}

    def neighbours(self) -> list[str]:
        """The ready instances of the seeds' clusters (`cassandra1.cassandra` is one of `cassandra`)."""
        clusters = {name.partition(".")[2] for name in self.settings.seeds if "." in name}
        found: set[str] = set()
        for cluster in clusters:
            found |= resolve(cluster)
        return sorted(found - resolve(self.settings.name))

    def decide(self) -> Decision:
        """The decision; a founding changes what is answered from now on."""
        with self.lock:
            heard = Heard(seeds=dict(self.seeds), others=dict(self.others), is_seed=self.settings.is_seed)
            decision = decide(self.me, heard)
            if isinstance(decision, Form):
                self.me = replace(self.me, state=FORMING, cluster=decision.cluster, members=decision.members)
            return decision

    def tell_why(self, reason: str) -> None:
        """On the log when it changes, and every few seconds."""
        now = time.monotonic()
        if reason != self.said or now - self.said_at > SAY_AGAIN:
            self.said, self.said_at = reason, now
            self.say(f"waiting: {reason}")


def number_in(name: str) -> int:
    """`cassandra2.cassandra` is number 2; 0 where there is none."""
    stem = name.partition(".")[0]
    digits = stem[len(stem.rstrip("0123456789")) :]
    return int(digits) if digits else 0


def resolve(name: str) -> set[str]:
    """The addresses of a name, none for one that isn't there."""
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)}
    except OSError:
        return set()


def request(host: str, method: str, path: str, body: bytes) -> bytes:
    """One request to another node; raises OSError or HTTPException when it doesn't answer well."""
    connection = http.client.HTTPConnection(host, PORT, timeout=PATIENCE)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read(1 << 20)
        if answer.status != 200:
            raise http.client.HTTPException(f"status {answer.status}")
        return content
    finally:
        connection.close()


def ask(host: str, question: bytes) -> Card | None:
    """A node's card, None where there is none to be had now."""
    try:
        return from_text(request(host, "POST", "/node", question))
    except (OSError, http.client.HTTPException, ValueError):
        return None


def tell(host: str, address: str) -> str:
    """Say that nobody is at `address` any more; "" or why that isn't believed yet."""
    try:
        request(host, "POST", f"/gone?address={address}", b"")
    except (OSError, http.client.HTTPException) as error:
        return f"{host} doesn't believe yet that {address} is gone ({error})"
    return ""


def listen(meeting: Meeting) -> ThreadingHTTPServer:
    """Answer others from a thread of its own until it is shut down."""
    server = ThreadingHTTPServer(("", PORT), handler(meeting))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def handler(meeting: Meeting) -> type[BaseHTTPRequestHandler]:
    """`POST /node` is for nodes, `GET /healthcheck` for who looks after this one: not ready, and why."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path != "/node":
                self.reply(404, b"{}")
                return
            try:
                length = min(int(self.headers.get("Content-Length") or 0), 1 << 16)
                self.reply(200, meeting.answer(self.rfile.read(length)))
            except ValueError as error:
                self.reply(400, str(error).encode())

        def do_GET(self) -> None:
            if self.path == "/healthcheck":
                self.reply(503, reasons(meeting.status()))
            elif self.path == "/node":
                self.reply(200, meeting.answer(b""))
            else:
                self.reply(404, b"{}")

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Questions come all the time."""

    return Handler


def reasons(text: str) -> bytes:
    escaped: Mapping[int, str] = {ord('"'): "'", ord("\\"): "/"}
    return f'{{"ready": false, "reason": "{text.translate(escaped)}"}}'.encode()


def empty(number: int, id: str) -> Card:
    """The card of a node that knows nothing yet."""
    return Card(number=number, id=id, state=EMPTY)
