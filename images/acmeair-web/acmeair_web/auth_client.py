"""The auth tier, as the web tier asks it: one call on the best server, then on the next ones, within a bound.

It fails closed. Only an answer that is wholly as the auth tier's counts: a session that names the id which was asked
for, or a 404 with the auth tier's own code. Everything else is a server that didn't answer, and when none does, nobody
gets through. Questions and ends of sessions may be sent twice. A new session is asked for elsewhere only where nothing
was done: there was no connection, or the auth tier says itself that its database couldn't and did nothing.
"""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from acmeair.balance import Balancer
from acmeair.errors import CallFailed, NothingDone, later
from acmeair.eureka import Server
from acmeair.log import Changes
from acmeair.ports import Answer, Caller

TRY_SECONDS = 1.0
TRIES = 3
BUSY = 503


@dataclass(frozen=True, slots=True)
class Session:
    """A session that the auth tier vouches for."""

    id: str
    customer: str
    ends: str


class AuthClient:
    """Calls to the auth tier."""

    def __init__(self, client: Caller, balancer: Balancer) -> None:
        self._client = client
        self._balancer = balancer
        self._log = Changes("auth")

    async def create(self, customer: str) -> Session:
        """A new session of a customer whose password was right; raises Refusal."""
        answer = await self._call("POST", f"byuserid/{quote(customer, safe='')}")
        session = _session(answer)
        if session is None or session.customer != customer:
            raise later("auth_unavailable", "Nobody can be signed in now. Try again.")
        return session

    async def find(self, number: str) -> Session | None:
        """The session of this id, None when there is none; raises Refusal when nobody can tell."""
        return _session(await self._call("GET", quote(number, safe=""), number))

    async def end(self, number: str) -> None:
        """End it; raises Refusal when that can't be done now."""
        await self._call("DELETE", quote(number, safe=""))

    async def _call(self, method: str, tail: str, number: str = "") -> Answer:
        tried: list[Server] = []
        why = "all failed a moment ago" if self._balancer.servers else "none is known"
        while len(tried) < TRIES and (server := self._balancer.choose(time.monotonic(), tried)) is not None:
            tried.append(server)
            try:
                return await self._ask(server, method, tail, number)
            except CallFailed as error:
                why = f"{server.id}: {error}"
                if method == "POST" and not isinstance(error, NothingDone):
                    break  # it may have been carried out: no layer sends a POST twice
        self._log.say("unavailable", level="warning", reason=why)
        raise later("auth_unavailable", "The sign-in service can't be asked now, so nobody gets through. Try again.")

    async def _ask(self, server: Server, method: str, tail: str, number: str) -> Answer:
        """The auth tier's own word; raises CallFailed for anything else."""
        path = f"/rest/api/authtoken/{tail}"
        try:
            answer = await self._client.request(method, server.host, server.port, path, seconds=TRY_SECONDS)
        except CallFailed:
            self._balancer.failed(server, time.monotonic())
            raise
        if answer.status == BUSY:
            # It is there, but can't: it is not taken for dead, but another one may be better off.
            self._balancer.busy(server, time.monotonic())
            code = _code(answer)
            failure = NothingDone if code == "database_unavailable" else CallFailed
            raise failure(f"it answered 503 {code}".rstrip())
        if not _usable(method, answer, number):
            self._balancer.failed(server, time.monotonic())
            raise CallFailed(f"it answered {answer.status}, which is not the auth tier's")
        self._balancer.succeeded(server)
        self._log.say("answers")
        return answer


def _usable(method: str, answer: Answer, number: str) -> bool:
    """Whether this is what the auth tier would say."""
    if method == "DELETE":
        return answer.status == 200
    if method == "GET" and answer.status == 404:
        return _code(answer) == "unknown_session"
    session = _session(answer)
    return session is not None and (not number or session.id == number)


def _session(answer: Answer) -> Session | None:
    """The session in an answer, None when there is none in it."""
    if answer.status != 200:
        return None
    fields = _decoded(answer)
    number, customer, ends = fields.get("id"), fields.get("customerid"), fields.get("timeoutTime")
    if not (isinstance(number, str) and isinstance(customer, str) and isinstance(ends, str) and number and customer):
        return None
    return Session(number, customer, ends)


def _code(answer: Answer) -> str:
    """The code of an error, "" where there is none as our own tiers write it."""
    error = _decoded(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and code.isidentifier() else ""


def _decoded(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
