"""Sessions in Cassandra: made, asked for, ended. docs/reference/acmeair.md has the API.

A session is written to one replica at least, so people can sign in while a node is down; it is looked for in as many as
a booking would be, and, where it isn't there, once more in all. It is ended in a majority, or not ended and said so.
"""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from acmeair.asgi import Request, Response, answer
from acmeair.errors import Refusal, ReplicasDown
from acmeair.ports import Kind, Row, Statement, Store
from acmeair.times import aware, written

ID_BYTES = 32
ID = re.compile(r"[A-Za-z0-9_-]{43}")
COLUMNS = "id, customerid, last_accessed_time, timeout_time"

STATEMENTS = {
    "session.add": Statement(
        f"INSERT INTO acmeair.customer_session ({COLUMNS}) VALUES (?, ?, ?, ?) USING TTL ?",  # noqa: S608
        Kind.LOOSE,
    ),
    "session.get": Statement(f"SELECT {COLUMNS} FROM acmeair.customer_session WHERE id = ?", Kind.READ),  # noqa: S608
    "session.seek": Statement(
        f"SELECT {COLUMNS} FROM acmeair.customer_session WHERE id = ? ",  # noqa: S608 - the blank: a text of its own
        Kind.READ_ALL,
    ),
    "session.end": Statement("DELETE FROM acmeair.customer_session WHERE id = ?", Kind.WRITE),
}


class Sessions:
    """The handlers."""

    def __init__(self, store: Store, seconds: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._seconds = seconds
        self._now = now

    async def create(self, request: Request) -> Response:
        """`POST /rest/api/authtoken/byuserid/{userid}`."""
        now = self._now()
        ends = now + timedelta(seconds=self._seconds)
        session = {
            "id": secrets.token_urlsafe(ID_BYTES),
            "customerid": request.params["userid"],
            "last_accessed_time": now,
            "timeout_time": ends,
        }
        await self._store.run("session.add", *session.values(), self._seconds)
        return answer(_shape(session))

    async def get(self, request: Request) -> Response:
        """`GET /rest/api/authtoken/{id}`."""
        row = await self._find(request.params["id"])
        if row is None or aware(row["timeout_time"]) <= self._now():
            raise Refusal(404, "unknown_session", "There is no such session, or its time is over.")
        return answer(_shape(row))

    async def end(self, request: Request) -> Response:
        """`DELETE /rest/api/authtoken/{id}`."""
        if ID.fullmatch(request.params["id"]):
            await self._store.run("session.end", request.params["id"])
        return Response(200)

    async def _find(self, number: str) -> Row | None:
        if not ID.fullmatch(number):
            return None
        rows = await self._store.run("session.get", number)
        if not rows:
            try:
                rows = await self._store.run("session.seek", number)
            except ReplicasDown:
                return None  # what those that are up don't have isn't let through; one that is only slow is waited for
        return rows[0] if rows else None


def _shape(row: Row) -> dict[str, str]:
    return {
        "id": row["id"],
        "customerid": row["customerid"],
        "lastAccessedTime": written(row["last_accessed_time"]),
        "timeoutTime": written(row["timeout_time"]),
    }
