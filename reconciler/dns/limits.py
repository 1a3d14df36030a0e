"""What one client, and all of them together, may use of the DNS server.

Before: the runner's settings, or these defaults. After: forward, service. Values only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardLimits:
    """`try_seconds` for one resolver, `total_seconds` for a question: less than the 5 s that a client waits
    by default.
    """

    try_seconds: float = 1.5
    total_seconds: float = 4.0
    in_flight: int = 256
    in_flight_of_one_client: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpLimits:
    """`idle_seconds` between questions, `message_seconds` for sending one or taking its answer (RFC 7766,
    section 6).
    """

    idle_seconds: float = 10.0
    message_seconds: float = 5.0
    connections: int = 128
    connections_of_one_client: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """The zone is `<env>.<domain>`; `subnets` (CIDR) may ask, besides loopback."""

    env: str
    domain: str
    subnets: tuple[str, ...]
    forward: ForwardLimits
    tcp: TcpLimits
