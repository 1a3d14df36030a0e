"""Times as the API writes them: UTC, whole seconds. Pure. Cassandra's driver hands out naive datetimes in UTC."""

from datetime import UTC, datetime


def aware(moment: datetime) -> datetime:
    """The same moment, saying that it is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """`2026-11-29T08:15:00Z`."""
    return aware(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
