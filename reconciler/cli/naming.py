"""Putting a loop's name service together: where names are published, and what answers for them.

Before: wiring. After: the dns room's parts, which know nothing of the loop.
"""

from reconciler.dns.in_process import InProcess
from reconciler.engine.names import EmbeddedNames
from reconciler.loop.naming import NameService, NamesPlace, OpenNames, unserved
from reconciler.loop.settings import Settings


def opener(settings: Settings) -> OpenNames:
    """What opens the name service that these settings ask for."""
    if settings.names.backend == "none":
        return unserved(settings.env)

    def open_names(place: NamesPlace) -> NameService:
        embedded = EmbeddedNames(settings.env, place.info.hostname, settings.names.ttl_seconds)
        return InProcess(embedded, embedded, settings.domain, place.network)

    return open_names
