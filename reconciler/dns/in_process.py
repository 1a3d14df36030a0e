"""Names answered by the loop's own process, on the gateway of the environment's network.

Before: cli.naming. After: server. Without port 53 only our names are missing: what runs goes on.
"""

import logging
from collections.abc import Callable

from reconciler.dns.listen import CannotListen
from reconciler.dns.server import DnsServer
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Names, Network
from reconciler.engine.resolvers import HostUpstreams

log = logging.getLogger(__name__)
PORT = 53


class InProcess:
    """A loop's name service (`loop.naming.NameService`): `names` is where the loop publishes, `embedded` what is
    answered.
    """

    def __init__(self, names: Names, embedded: EmbeddedNames, domain: str, network: Network) -> None:
        self.names = names
        self.nameservers: tuple[str, ...] = (network.gateway,)
        self._server = DnsServer(embedded.env, domain, embedded.table, HostUpstreams(), subnets=(network.subnet,))
        self._problem = ""

    def look_after(self) -> None:
        """Listen, or listen again. First called when names are published: an empty table would deny them."""
        if not self._server.alive():
            self._listen(lambda: self._server.start([(self.nameservers[0], PORT)]))

    def problem(self) -> str:
        """Why names don't answer, and what to do; empty where they do."""
        return self._problem

    def close(self) -> None:
        """Answer no more."""
        self._server.stop()

    def _listen(self, listen: Callable[[], None]) -> None:
        try:
            listen()
            self._problem = ""
        except CannotListen as problem:
            advice = "; run the loop as root, or with `--dns-server container`" if problem.reason == "denied" else ""
            said = f"names do not answer: {problem}{advice}"
            if said != self._problem:
                self._problem = said
                log.warning("%s", said)
