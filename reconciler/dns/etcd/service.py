"""Names that are kept outside as well: what answers here, and what writes them to etcd, as one name service.

Before: cli.naming. After: in_process or container (answering), etcd (writing). Never here: which of the two is right;
both have what the loop published.
"""

from typing import Protocol

from reconciler.dns.etcd.names import EtcdNames
from reconciler.engine.ports import Names


class Answering(Protocol):
    """What answers for names here: a loop's name service."""

    @property
    def names(self) -> Names: ...
    @property
    def nameservers(self) -> tuple[str, ...]: ...
    def look_after(self) -> None: ...
    def problem(self) -> str: ...
    def close(self) -> None: ...


class EtcdService:
    """A loop's name service (`loop.naming.NameService`) that publishes in etcd; begins to connect at once."""

    def __init__(self, etcd: EtcdNames, answering: Answering) -> None:
        self._etcd = etcd
        self._answering = answering
        etcd.start()

    @property
    def names(self) -> Names:
        """Where the loop publishes: in etcd, by way of what answers here."""
        return self._answering.names

    @property
    def nameservers(self) -> tuple[str, ...]:
        """The addresses that containers ask first."""
        return self._answering.nameservers

    def look_after(self) -> None:
        """Start what answers where it isn't there or has died; the writer looks after itself."""
        self._answering.look_after()

    def problem(self) -> str:
        """Why names don't answer or aren't in etcd, and what to do; empty where all is well."""
        return "; ".join(filter(None, (self._answering.problem(), self._etcd.problem())))

    def close(self) -> None:
        """Answer no more and write no more; what is in etcd stays for the rest of its lease."""
        self._answering.close()
        self._etcd.close()
