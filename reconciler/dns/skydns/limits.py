"""What one client, and all of them together, may use of the SkyDNS API; what counts as an absence. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """`request_seconds` for a whole request from its first byte, `answer_seconds` for taking its answer,
    `idle_seconds` between requests; `linger_seconds` for who goes on sending what was refused.
    After `absence_seconds` without a look of ours at the clock we weren't there.
    """

    request_seconds: float = 5.0
    answer_seconds: float = 10.0
    idle_seconds: float = 30.0
    linger_seconds: float = 1.0
    head_bytes: int = 8_192
    connections: int = 128
    connections_of_one_client: int = 32
    services: int = 10_000
    absence_seconds: float = 3.0
