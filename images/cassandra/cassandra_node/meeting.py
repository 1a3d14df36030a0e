"""Asks the others until it is decided how this node joins, and answers them meanwhile.

Before: `__main__`, for a volume without a plan. After: it, with the decision, which is made under the same lock as
answers are given, so that nobody hears of an empty volume after the decision was made without it. Each question
carries the asker's own card: two nodes know each other as soon as one of them has asked. Nothing is decided before
each has been asked once.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cassandra_node.cards import EMPTY, FORMING, Card, from_text, to_text
from cassandra_node.deciding import Bootstrap, Decision, Form, Heard, Lost, Wait, decide
from cassandra_node.settings import Settings
from cassandra_node.tokens import token_of

PORT = 8080
PATIENCE = 0.5  # seconds for one question
EAGER, CALM = 0.03, 0.3  # seconds between questions, at first and later
EAGER_SECONDS = 5.0
SAY_AGAIN = 5.0
LOOKING = "looking for the other nodes"
Say = Callable[[str], None]


class Meeting:
    """What this node knows of the others, and the decision once it is made."""

    def __init__(self, me: Card, settings: Settings, say: Say) -> None:
        self.me = me
        self.settings = settings
        self.say = say
        self.news = threading.Condition()
        self.seeds: dict[str, Card | None] = dict.fromkeys(settings.other_seeds)
        self.others: dict[str, Card] = {}
        self.asked: set[str] = set()  # the seeds that had their chance to answer; "" stands for the neighbours
        self.said, self.said_at = "", 0.0

    def answer(self, body: bytes) -> bytes:
        """Another node's question, which may carry its card; ours."""
        with self.news:
            if body:
                self.learn(from_text(body))
            return to_text(self.me)

    def learn(self, card: Card) -> None:
        """A card that came with a question: it is one of the seeds', if it has the number of one."""
        for name in self.seeds:
            if number_in(name) == card.number:
                self.seeds[name] = card
                self.news.notify_all()

    def status(self) -> str:
        """What this node waits for."""
        return self.said or LOOKING

    def hold(self) -> Decision:
        """Ask until it is decided. Waiting for ever is right: an empty node that guessed could hide the data."""
        over = threading.Event()
        tasks = [*(partial(self.ask_seed, name) for name in self.seeds), self.ask_neighbours]
        for task in tasks:
            threading.Thread(target=repeat, args=(task, over), daemon=True).start()
        try:
            while True:
                decision = self.decide()
                if isinstance(decision, Lost):
                    self.tell_gone(decision)
                elif isinstance(decision, Wait):
                    self.tell_why(decision.reason)
                elif isinstance(decision, Bootstrap) and not turn(decision.via[0], self.me.number):
                    self.tell_why(f"{decision.via[0]} lets another node join first")
                else:
                    return decision
                with self.news:
                    self.news.wait(CALM)
        finally:
            over.set()

    def tell_gone(self, lost: Lost) -> None:
        """Say it to each member that doesn't know; the next round shows whether it was believed."""
        doubts = [text for text in (tell(name, lost.address) for name in lost.members) if text]
        if doubts:
            self.tell_why("; ".join(doubts))

    def ask_seed(self, name: str) -> None:
        """One question to one seed."""
        with self.news:
            question = to_text(self.me)
        card = ask(name, question)
        with self.news:
            if self.seeds[name] != card or name not in self.asked:
                self.seeds[name] = card
                self.asked.add(name)
                self.news.notify_all()

    def ask_neighbours(self) -> None:
        """Whoever is in the seeds' clusters besides: an empty seed must not overlook a member."""
        addresses = set().union(*map(resolve, self.settings.neighbours)) - resolve(self.settings.name)
        with self.news:
            question = to_text(self.me)
        found = {address: card for address in sorted(addresses) if (card := ask(address, question)) is not None}
        with self.news:
            if self.others != found or "" not in self.asked:
                self.others = found
                self.asked.add("")
                self.news.notify_all()

    def decide(self) -> Decision:
        """The decision; a founding changes what is answered from now on."""
        with self.news:
            if len(self.asked) <= len(self.seeds):
                return Wait(reason=LOOKING)
            known = {card.id for card in self.seeds.values() if card is not None} | {self.me.id}
            others = {host: card for host, card in self.others.items() if card.id not in known}
            heard = Heard(seeds=dict(self.seeds), others=others, is_seed=self.settings.is_seed)
            decision = decide(self.me, heard)
            if isinstance(decision, Form):
                self.me = replace(self.me, state=FORMING, cluster=decision.cluster, members=decision.members)
            return decision

    def tell_why(self, reason: str) -> None:
        """On the log when it changes, and every few seconds."""
        now = time.monotonic()
        if reason == LOOKING:
            return
        if reason != self.said or now - self.said_at > SAY_AGAIN:
            self.said, self.said_at = reason, now
            self.say(f"waiting: {reason}")


def repeat(task: Callable[[], None], over: threading.Event) -> None:
    """Do it again and again, often at first."""
    began = time.monotonic()
    while not over.is_set():
        task()
        over.wait(EAGER if time.monotonic() - began < EAGER_SECONDS else CALM)


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


def turn(host: str, number: int) -> bool:
    """Whether this member lets a new one join now."""
    try:
        request(host, "POST", f"/turn?token={token_of(number)}", b"")
    except (OSError, http.client.HTTPException):
        return False
    return True


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
