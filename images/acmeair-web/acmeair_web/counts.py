"""How many of everything there are. Cassandra counts by reading it all: fine for a demo's tables."""

from acmeair.asgi import Request, Response, Route, answer
from acmeair.ports import Kind, Statement, Store

COUNTED = {
    "countCustomers": "SELECT count(*) AS found FROM acmeair.customer",
    "countSessions": "SELECT count(*) AS found FROM acmeair.customer_session",
    "countFlights": "SELECT count(*) AS found FROM acmeair.flight",
    "countFlightSegments": "SELECT count(*) AS found FROM acmeair.flight_segment",
    "countAirports": "SELECT count(*) AS found FROM acmeair.airport_code_mapping",
    "countBookings": "SELECT count(*) AS found FROM acmeair.booking WHERE kind = 'b' ALLOW FILTERING",
}

STATEMENTS = {f"count.{name}": Statement(cql, Kind.READ) for name, cql in COUNTED.items()}


class Counts:
    """The handlers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """One for each."""
        return [Route("GET", f"/rest/api/config/{name}", self.count, guarded=True) for name in COUNTED]

    async def count(self, request: Request) -> Response:
        """`GET /rest/api/config/count…`."""
        rows = await self._store.run(f"count.{request.path.rpartition('/')[2]}")
        return answer(rows[0]["found"])
