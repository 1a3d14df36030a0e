"""The way for this host as it is now: the looks at the host and at the engine, put before the choice.

Before: `reconciler dns setup`, with an environment. After: doing, text. Never here: a change.
"""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.engine.docker import connect
from reconciler.engine.ports import Network
from reconciler.errors import ReconcilerError
from reconciler.setup.resolving.host import look
from reconciler.setup.resolving.server import Server, answers, bridge_of, server_address
from reconciler.setup.resolving.ways import Way, setting_up, taking_back

if TYPE_CHECKING:
    from reconciler.engine.docker.api import Api


def way_there(env: str, domain: str, engine_url: str | None, told: str | None, root: Path) -> Way:
    """What to do so that this host asks the environment's server; `told` is where the running loop says that it is.

    Raises ReconcilerError where there is no network or this host can't be set up, EngineError without an engine.
    """
    server = _server(env, f"{env}.{domain}", engine_url, told)
    return setting_up(look(server.zone, root), server)


def way_back(env: str, domain: str, engine_url: str | None, root: Path) -> Way:
    """What to do so that it no longer does; only systemd-resolved needs the engine for that (the bridge's name)."""
    zone = f"{env}.{domain}"
    host = look(zone, root)
    return taking_back(host, env, zone, _bridge(env, engine_url) if host.resolved else None)


def _server(env: str, zone: str, engine_url: str | None, told: str | None) -> Server:
    with closing(connect(engine_url)) as engine:
        network = _network(engine.api, env)
        if network is None:
            raise ReconcilerError(
                f"environment {env} has no network on this engine, so there is no server to ask yet; "
                f"start a loop first: `reconciler run --env {env}`"
            )
        address = server_address(engine.api, env, network, told)
    return Server(env=env, zone=zone, address=address, bridge=bridge_of(network), answers=answers(address, zone))


def _bridge(env: str, engine_url: str | None) -> str | None:
    with closing(connect(engine_url)) as engine:
        network = _network(engine.api, env)
    return bridge_of(network) if network is not None else None


def _network(api: "Api", env: str) -> Network | None:
    # The engine's SDK takes long to import.
    from reconciler.engine.docker.networks import find_network

    if not api.local:
        raise ReconcilerError(
            f"the engine {api.base_url} is on another machine: this one can't reach the networks there, "
            "and so neither the server nor the containers; run the command on that machine"
        )
    return find_network(api, env)
