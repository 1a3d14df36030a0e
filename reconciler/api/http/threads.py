"""Blocking work beside a server's event loop, in threads that never hold up the end of the process.

Before: the API's routes, the console. After: the services. The usual worker threads of asyncio and of anyio are waited
for when the interpreter ends: one hanging engine call would keep the loop from stopping.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def off_loop(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What `work` returns or raises. Cancelled, it is left to end by itself."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            say = partial(future.set_result, work(*given, **named))
        except BaseException as error:  # noqa: BLE001  # whoever awaits it gets it
            say = partial(future.set_exception, error)
        _tell(loop, future, say)

    Thread(target=run, name="api-http-work", daemon=True).start()
    return await future


def _tell(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]", say: Callable[[], object]) -> None:
    """Nobody is told where the server has ended meanwhile."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(lambda: None if future.done() else say())
