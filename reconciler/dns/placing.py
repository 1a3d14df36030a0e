"""Where an environment's DNS server runs: in the loop's process, or in a container of its own.

Before: cli.naming, for `--dns-server auto`. After: in_process, container. Never here: changing anything.
The decision is made once, when a loop begins: containers have the server's address in their resolver.
"""

import time

from reconciler.dns.container.service import stands
from reconciler.dns.listen import CannotListen, bind
from reconciler.dns.server import PORT
from reconciler.engine.ports import Engine, Network
from reconciler.errors import UsageError

_PATIENCE_SECONDS = 1.0
_AGAIN_SECONDS = 0.05


def insist_on_none(engine: Engine, env: str, option: str) -> None:
    """Raises UsageError where a container stands: its environment's instances ask it, and nobody would feed it.

    `option` is what asks for names without one, as the user wrote it.
    """
    if stands(engine, env):
        raise UsageError(
            f"{option}: instances of environment {env} ask the DNS server's container that stands there; "
            f"leave the option out, or run `reconciler down --env {env}` first"
        )


def belongs_in_container(engine: Engine, env: str, network: Network) -> bool:
    """A container stands there already, so that instances ask it; or the port on the gateway can't be ours.

    A loop that ended a moment ago may still be letting go of the port, so it is tried for a second. Raises EngineError.
    """
    if stands(engine, env):
        return True
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (reason := _refused(network.gateway)) == "taken" and time.monotonic() < deadline:
        time.sleep(_AGAIN_SECONDS)
    return reason in ("denied", "taken")


def _refused(address: str) -> str:
    try:
        bind(address, PORT).close()
    except CannotListen as refusal:
        return refusal.reason
    return ""
