"""Signing in and out, and whose session a request has. The cookie can't be read by scripts nor sent by other sites."""

import asyncio

from acmeair import fields
from acmeair.asgi import Request, Response, answer, plain
from acmeair.errors import Refusal
from acmeair.passwords import matches
from acmeair.ports import Kind, Statement, Store
from acmeair_web.auth_client import AuthClient, Session

COOKIE = "sessionid"
SAFE = "Path=/; HttpOnly; SameSite=Strict"
GONE = (("Set-Cookie", f"{COOKIE}=; {SAFE}; Max-Age=0"),)
HASHING_AT_ONCE = 2  # each takes a processor for some milliseconds

STATEMENTS = {"password.get": Statement("SELECT password FROM acmeair.customer WHERE id = ?", Kind.READ)}


class Signing:
    """The handlers, and the guard of all others."""

    def __init__(self, store: Store, auth: AuthClient) -> None:
        self._store = store
        self._auth = auth
        self._hashing = asyncio.Semaphore(HASHING_AT_ONCE)

    async def is_password(self, customer: str, password: str) -> bool:
        """Whether it is this customer's; takes as long for a customer that doesn't exist."""
        rows = await self._store.run("password.get", customer)
        async with self._hashing:
            return await asyncio.to_thread(matches, password, rows[0]["password"] or "" if rows else "")

    async def login(self, request: Request) -> Response:
        """`POST /rest/api/login`."""
        given = request.fields()
        customer, password = fields.text(given, "login"), fields.text(given, "password")
        if not await self.is_password(customer, password):
            raise Refusal(403, "wrong_password", "The user name or the password is wrong.")
        session = await self._auth.create(customer)
        return plain("logged in", headers=(("Set-Cookie", f"{COOKIE}={session.id}; {SAFE}"),))

    async def logout(self, request: Request) -> Response:
        """`GET /rest/api/login/logout`."""
        number = request.cookie(COOKIE)
        if number:
            await self._auth.end(number)
        return plain("logged out", headers=GONE)

    async def session(self, request: Request) -> Response:
        """`GET /rest/api/login/session`."""
        session = await self._session(request)
        return answer({"customerid": session.customer, "timeoutTime": session.ends})

    async def guard(self, request: Request) -> None:
        """Notes whose session it is; raises Refusal without one."""
        request.customer = (await self._session(request)).customer

    async def _session(self, request: Request) -> Session:
        number = request.cookie(COOKIE)
        if not number:
            raise Refusal(401, "no_session", "Sign in first.")
        session = await self._auth.find(number)
        if session is None:
            raise Refusal(401, "session_ended", "This session is unknown or its time is over. Sign in again.", GONE)
        return session


def own(request: Request, customer: str) -> None:
    """Raises Refusal unless the session is this customer's."""
    if customer != request.customer:
        raise Refusal(403, "not_yours", "This belongs to another customer than the one who is signed in.")
