"""The real services put together: a loop, its engine, its directory of spec files.

Before: serving. After: the services beside this file.
"""

from typing import TYPE_CHECKING

from reconciler.api.operations import OperationRegister
from reconciler.api.services import Services
from reconciler.cli.services.changes import file_changes
from reconciler.cli.services.commands import CommandService
from reconciler.cli.services.containers import ContainerService
from reconciler.cli.services.faults import FaultService
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine
    from reconciler.loop.runner import Loop


def services_of(
    settings: Settings, loop: "Loop", engine: "DockerEngine", operations: OperationRegister, *, read_only: bool
) -> Services:
    """What the API and the console of this loop act through."""
    return Services(
        loop=loop,
        changes=file_changes(settings, loop, operations),
        containers=ContainerService(loop=loop, engine=engine, operations=operations),
        faults=FaultService(settings=settings, loop=loop, engine=engine, operations=operations),
        commands=CommandService(settings=settings, operations=operations),
        operations=operations,
        read_only=read_only,
    )
