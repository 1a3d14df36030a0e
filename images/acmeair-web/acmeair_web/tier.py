"""The web tier: it can serve when Cassandra has the loaded data and an auth instance is known."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from acmeair.asgi import Request, Route
from acmeair.balance import Balancer
from acmeair.client import HttpClient
from acmeair.directory import Directory
from acmeair.errors import StoreError
from acmeair.settings import Settings
from acmeair.store import CassandraStore
from acmeair_web import bookings, counts, customers, flights, network, signing
from acmeair_web.auth_client import AuthClient
from acmeair_web.statics import Statics

PAUSE_SECONDS = 0.1
STATIC = Path(os.environ.get("ACMEAIR_STATIC", "/opt/acmeair/static"))
STATEMENTS = {
    **bookings.STATEMENTS,
    **counts.STATEMENTS,
    **customers.STATEMENTS,
    **flights.STATEMENTS,
    **network.STATEMENTS,
    **signing.STATEMENTS,
}


class WebTier:
    """What acmeair.serve runs."""

    app = vip = "ACMEAIR_WEBAPP"

    def __init__(self, settings: Settings, client: HttpClient) -> None:
        self._store = CassandraStore(settings.contacts, settings.cassandra_port, STATEMENTS)
        self._balancer = Balancer(settings.zone)
        self._directory = Directory(client, settings.eureka_urls, "ACMEAIR-AUTH-SERVICE", self._balancer)
        self._signing = signing.Signing(self._store, AuthClient(client, self._balancer))
        self._networks = network.Networks(self._store)
        self._flights = flights.Flights(self._store, self._networks)
        self._bookings = bookings.Bookings(self._store, self._flights)
        self._customers = customers.Customers(self._store, self._signing)
        self._counts = counts.Counts(self._store)
        self._statics = Statics(STATIC)
        self._lacking = ""

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/", self._statics.page),
            Route("GET", "/static/{name...}", self._statics.file),
            Route("POST", "/rest/api/login", self._signing.login),
            Route("GET", "/rest/api/login/logout", self._signing.logout, writes=True),
            Route("GET", "/rest/api/login/session", self._signing.session),
            *self._guarded(),
            *self._counts.routes(),
        ]

    def _guarded(self) -> list[Route]:
        flown, booked, people = self._flights, self._bookings, self._customers
        return [
            Route("GET", "/rest/api/flights/airports", self._networks.airports, guarded=True),
            Route("POST", "/rest/api/flights/queryflights", flown.query, guarded=True),
            Route("POST", "/rest/api/flights/browseflights", flown.browse, guarded=True),
            Route("POST", "/rest/api/bookings/bookflights", booked.book, guarded=True, writes=True),
            Route("POST", "/rest/api/bookings/cancelbooking", booked.cancel, guarded=True, writes=True),
            Route("GET", "/rest/api/bookings/byuser/{userid}", booked.by_user, guarded=True),
            Route("GET", "/rest/api/bookings/bybookingnumber/{userid}/{number}", booked.by_number, guarded=True),
            Route("GET", "/rest/api/customer/byid/{userid}", people.get, guarded=True),
            Route("POST", "/rest/api/customer/byid/{userid}", people.change, guarded=True, writes=True),
        ]

    async def guard(self, request: Request) -> None:
        await self._signing.guard(request)

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        return [self._store.keep(), self._directory.run()]

    async def ready(self) -> None:
        await self._store.connected()
        while True:
            try:
                await self._networks.get()
                if self._balancer.servers:
                    break
                self._lacking = "Eureka lists no auth instance yet"
            except StoreError as error:
                self._lacking = str(error)
            await asyncio.sleep(PAUSE_SECONDS)
        self._lacking = "not registered in Eureka yet"

    def lacking(self) -> str:
        return self._lacking or self._store.reason

    async def close(self) -> None:
        await self._store.close()
