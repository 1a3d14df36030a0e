"""Putting a real loop together: engine, lock, network, listener, names, store, in the order of their needs.

Before: the command line's settings. After: runner. DNS and the API are hung in by the command line (they are edges).
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from reconciler.engine.docker import connect
from reconciler.engine.eureka.follower import EurekaFollower
from reconciler.engine.heartbeats import HeartbeatListener
from reconciler.engine.keys import KeyFile
from reconciler.engine.lock import acquire
from reconciler.engine.making import BeatRegister, ContainerMaker
from reconciler.engine.steps import Boundary, no_boundary
from reconciler.engine.store import FILE_NAME, Store
from reconciler.errors import UsageError
from reconciler.loop.around import Surroundings
from reconciler.loop.clock import AttendedClock
from reconciler.loop.naming import NamesPlace, OpenNames, unserved
from reconciler.loop.secret_files import SecretFiles
from reconciler.loop.settings import Settings
from reconciler.loop.workqueue import ALL, WorkQueue

LISTENER_PORT = 7070


@contextmanager
def surroundings(
    settings: Settings,
    *,
    on_problem: Callable[[str], None],
    standby_stop: threading.Event | None = None,
    open_names: OpenNames | None = None,
    boundary: Boundary = no_boundary,
) -> Iterator[Surroundings]:
    """Everything a loop works with, put away again afterwards; containers and the network stay.

    `standby_stop`: wait for the lock until it is set, instead of giving up. `open_names` opens what keeps
    the names and answers for them (None: nobody does). Raises EngineError, LockHeld, UsageError.
    """
    _make_state_directory(settings)
    with ExitStack() as stack:
        engine = connect(settings.engine_url)
        stack.callback(engine.close)
        info = engine.info()
        stack.callback(acquire(info.id, settings.env, wait=standby_stop).release)
        network = engine.ensure_network(settings.env, settings.subnet)
        clock = AttendedClock()
        clock.start()
        stack.callback(clock.stop)
        queue = WorkQueue()
        listener = HeartbeatListener(clock, queue.add)
        listener.start((network.gateway, LISTENER_PORT))
        stack.callback(listener.stop)
        store = Store(settings.state / FILE_NAME, on_problem)
        stack.callback(store.close)
        place = NamesPlace(engine=engine, info=info, network=network, store=store, look=lambda: queue.add(ALL))
        service = (open_names or unserved(settings.env))(place)
        stack.callback(service.close)

        registries = EurekaFollower(clock, queue.add)
        stack.callback(registries.stop)

        def look_after_network() -> None:
            engine.ensure_network(settings.env, network.subnet)
            if not listener.alive():
                listener.start((network.gateway, LISTENER_PORT))

        yield Surroundings(
            engine=engine,
            engine_info=info,
            network=network,
            names=service.names,
            store=store,
            listener=listener,
            clock=clock,
            make=ContainerMaker(
                env=settings.env,
                domain=settings.domain,
                network=network,
                nameservers=service.nameservers,
                listener=f"{network.gateway}:{LISTENER_PORT}",
                read_file=SecretFiles(settings.specs, settings.secrets_dir).read,
                own_key=KeyFile(settings.ssh_key).public_line,
                allow_paths=settings.allow_paths,
            ),
            register=BeatRegister(env=settings.env, listener=listener),
            queue=queue,
            guardians=(look_after_network, service.look_after),
            boundary=boundary,
            names_problem=service.problem,
            nameservers=service.nameservers,
            registries=registries,
        )


def _make_state_directory(settings: Settings) -> None:
    try:
        settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"{settings.state}: can't be made ({why}); name another one with --state") from error
    if not os.access(settings.state, os.W_OK | os.X_OK):
        raise UsageError(f"{settings.state}: not writable by you; name another one with --state")
