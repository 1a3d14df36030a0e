"""Names answered by the loop's own process, on the gateway of the environment's network, and the SkyDNS API beside.

Before: cli.naming. After: server, skydns. Without a port only what it serves is missing: what runs goes on.
"""

import logging
from collections.abc import Callable

from reconciler.dns.listen import CannotListen
from reconciler.dns.server import PORT, DnsServer
from reconciler.dns.skydns.registry import Notes
from reconciler.dns.skydns.server import PORT as SKYDNS_PORT
from reconciler.dns.skydns.server import SkyDnsApi
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Names, Network
from reconciler.engine.resolvers import HostUpstreams

log = logging.getLogger(__name__)


class InProcess:
    """A loop's name service (`engine.ports.NameService`): `names` is where the loop publishes, `embedded` what is
    answered. The SkyDNS API has `skydns_port` (0: there is none) and keeps what is registered in `notes`.
    """

    def __init__(
        self,
        names: Names,
        embedded: EmbeddedNames,
        domain: str,
        network: Network,
        *,
        skydns_port: int = SKYDNS_PORT,
        skydns_secret: str | None = None,
        notes: Notes | None = None,
    ) -> None:
        self.names = names
        self.nameservers: tuple[str, ...] = (network.gateway,)
        subnets = (network.subnet,)
        self._server = DnsServer(embedded.env, domain, embedded.table, HostUpstreams(), subnets=subnets)
        self._api = SkyDnsApi(embedded, domain, subnets=subnets, secret=skydns_secret or "", notes=notes)
        self._api_port = skydns_port
        self._problems: dict[str, str] = {}

    def look_after(self) -> None:
        """Listen, or listen again. First called when names are published: an empty table would deny them."""
        gateway = self.nameservers[0]
        if not self._server.alive():
            self._listen("names do not answer", lambda: self._server.start([(gateway, PORT)]), _dns_advice)
        if self._api_port and not self._api.alive():
            start = (gateway, self._api_port)
            self._listen("nobody can register names", lambda: self._api.start(start), _api_advice)

    def problem(self) -> str:
        """Why names or their API don't answer, and what to do; empty where they do."""
        return "; ".join(self._problems.values())

    def close(self) -> None:
        """Answer no more."""
        self._api.stop()
        self._server.stop()

    def _listen(self, lost: str, listen: Callable[[], None], advice: Callable[[CannotListen], str]) -> None:
        try:
            listen()
            self._problems.pop(lost, None)
        except CannotListen as problem:
            said = f"{lost}: {problem}{advice(problem)}"
            if said != self._problems.get(lost):
                self._problems[lost] = said
                log.warning("%s", said)


def _dns_advice(problem: CannotListen) -> str:
    return "; run the loop as root, or with `--dns-server container`" if problem.reason == "denied" else ""


def _api_advice(problem: CannotListen) -> str:
    return "; give it another port with --skydns-port, 0 for none" if problem.reason in ("taken", "denied") else ""
