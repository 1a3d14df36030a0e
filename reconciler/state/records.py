"""What a name answers, as one value for each instance; every name form is derived from it.

Before: plan decides which records there should be. After: engine.names publishes them, dns answers from them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One instance's entry. `instance` is `webapp1`, `cluster` the spec's dns label, `address` its IPv4 address.

    The instance's own name answers while the record is there; cluster, zone and revision names only while `ready`.
    """

    instance: str
    cluster: str
    zone: str
    revision: str
    address: str
    ports: tuple[int, ...] = ()
    ready: bool = False
