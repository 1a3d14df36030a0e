"""Errors, named for what the caller can do. Pure.

Refusal             what a client reads: status, short code, one sentence
CallFailed          another tier gave no usable answer
  NothingDone         it has done nothing of what it was asked
    NotSent             there was no connection, so it has not even got the question
StoreError
  Unavailable       Cassandra can't now; nothing was done
    ReplicasDown      because too few replicas are up, as the node that was asked knows
  OutcomeUnknown    a write that nobody acknowledged: it may or may not be there
"""

# For the edge, which reads no bodies: where it asks another instance, that one's refusal isn't the whole truth.
UNKNOWN = ("X-Outcome", "unknown")


class Refusal(Exception):
    """An answer that isn't a success, as the client gets it."""

    def __init__(self, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


class CallFailed(Exception):
    """No usable answer from a server: no connection, no time left, not HTTP."""


class NothingDone(CallFailed):
    """It was not carried out: whatever it was, it may be sent elsewhere."""


class NotSent(NothingDone):
    """Nothing of the request has left."""


class StoreError(Exception):
    """Cassandra did not do it; the text says why."""


class Unavailable(StoreError):
    """It can't now, and did nothing."""


class ReplicasDown(Unavailable):
    """Too few replicas are up, and the node that was asked knows it."""


class OutcomeUnknown(StoreError):
    """It may have done it."""


def bad(code: str, message: str) -> Refusal:
    """A 400."""
    return Refusal(400, code, message)


def later(code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Refusal:
    """A 503 that is worth another try."""
    return Refusal(503, code, message, (("Retry-After", "1"), *headers))


def of_store(error: StoreError) -> Refusal:
    """What a client reads when Cassandra failed."""
    if isinstance(error, OutcomeUnknown):
        return later(
            "outcome_unknown",
            "The database did not acknowledge this: it may or may not have been done. Look before trying again.",
            (UNKNOWN,),
        )
    return later("database_unavailable", "The database can't do this now, and nothing was done. Try again.")
