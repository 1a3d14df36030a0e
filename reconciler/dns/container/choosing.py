"""Where names are answered when nobody said: in the loop's process or in a container.

Before: cli.naming (`--dns-server auto`). After: in_process or service. Why so: docs/design/0011.
"""

from reconciler.dns.container.service import stands
from reconciler.dns.in_process import PORT
from reconciler.dns.listen import CannotListen, bind
from reconciler.engine.ports import Engine, Network


def container_needed(engine: Engine, env: str, network: Network) -> bool:
    """A container stands already, whose address the instances ask; or the gateway's port 53 can't be had, since this
    user may not listen there or another program does. Raises EngineError.
    """
    if stands(engine, env):
        return True
    try:
        bind(network.gateway, PORT).close()
    except CannotListen as problem:
        return problem.reason in ("denied", "taken")
    return False
