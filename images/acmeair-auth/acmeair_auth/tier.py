"""The auth tier: it can serve when Cassandra has the sessions' table."""

from collections.abc import Coroutine
from typing import Any

from acmeair.asgi import Request, Route
from acmeair.client import HttpClient
from acmeair.settings import Settings
from acmeair.store import CassandraStore
from acmeair_auth.sessions import STATEMENTS, Sessions


class AuthTier:
    """What acmeair.serve runs."""

    app = "ACMEAIR-AUTH-SERVICE"
    vip = "acmeair-auth-service"

    def __init__(self, settings: Settings, _client: HttpClient) -> None:
        self._store = CassandraStore(settings.contacts, settings.cassandra_port, STATEMENTS)
        self._sessions = Sessions(self._store, settings.session_seconds)
        self._lacking = ""

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/rest/api/authtoken/byuserid/{userid}", self._sessions.create, writes=True),
            Route("GET", "/rest/api/authtoken/{id}", self._sessions.get),
            Route("DELETE", "/rest/api/authtoken/{id}", self._sessions.end, writes=True),
        ]

    async def guard(self, request: Request) -> None:
        """Nothing is guarded: this tier trusts its network."""

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        return [self._store.keep()]

    async def ready(self) -> None:
        await self._store.connected()
        self._lacking = "not registered in Eureka yet"

    def lacking(self) -> str:
        return self._lacking or self._store.reason

    async def close(self) -> None:
        await self._store.close()
