"""The way for this host as it is now: the looks at the host and at the engine, put before the choice.

Before: `reconciler dns setup`, with an environment. After: doing, text. Never here: a change.
"""

from contextlib import closing
from pathlib import Path

from reconciler.engine.docker import connect
from reconciler.engine.ports import Network
from reconciler.errors import ReconcilerError
from reconciler.setup.resolving.host import look
from reconciler.setup.resolving.server import bridge_of, find_server
from reconciler.setup.resolving.ways import Way, setting_up, taking_back


def way_there(env: str, domain: str, engine_url: str | None, root: Path) -> Way:
    """What to do so that this host asks the environment's server.

    Raises ReconcilerError where there is no network or this host can't be set up, EngineError without an engine.
    """
    server = find_server(lambda: _network(env, engine_url), env, domain)
    return setting_up(look(server.zone, root), server)


def way_back(env: str, domain: str, engine_url: str | None, root: Path) -> Way:
    """What to do so that it no longer does; only systemd-resolved needs the engine for that (the bridge's name)."""
    zone = f"{env}.{domain}"
    host = look(zone, root)
    network = _network(env, engine_url) if host.resolved else None
    return taking_back(host, env, zone, bridge_of(network) if network is not None else None)


def _network(env: str, engine_url: str | None) -> Network | None:
    # The engine's SDK takes long to import.
    from reconciler.engine.docker.networks import find_network

    with closing(connect(engine_url)) as engine:
        if not engine.api.local:
            raise ReconcilerError(
                f"the engine {engine.api.base_url} is on another machine: this one can't reach the networks there, "
                "and so neither the server nor the containers; run the command on that machine"
            )
        return find_network(engine.api, env)
