"""Names that are kept outside as well: what answers here, and what writes them to etcd, as one name service.

Before: cli.naming. After: in_process or container (answering), etcd (writing). Never here: which of the two is right;
both have what the loop published.
"""

from reconciler.dns.around import Around
from reconciler.dns.etcd.names import EtcdNames
from reconciler.engine.ports import NameService


class EtcdService(Around):
    """A loop's name service that publishes in etcd, by way of what answers here; begins to connect at once."""

    def __init__(self, etcd: EtcdNames, answering: NameService) -> None:
        super().__init__(answering)
        self._etcd = etcd
        etcd.start()

    def close(self) -> None:
        """Answer no more and write no more; what is in etcd stays for the rest of its lease."""
        super().close()
        self._etcd.close()

    def _own_problem(self) -> str:
        return self._etcd.problem()
