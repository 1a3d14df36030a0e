"""Putting a loop's name service together: where names are published, and what answers for them.

Before: wiring. After: the dns room's parts, which know nothing of the loop.
"""

from reconciler.dns.container.service import InContainer
from reconciler.dns.in_process import InProcess
from reconciler.dns.moved import Moved, forget, left_behind
from reconciler.dns.placing import belongs_in_container, insist_on_none
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Names, NameService
from reconciler.loop.naming import NamesPlace, OpenNames, Unserved, unserved
from reconciler.loop.settings import Settings


def opener(settings: Settings) -> OpenNames:
    """What opens the name service that these settings ask for. Raises UsageError for an etcd address that is none."""
    if settings.names.backend == "none":
        return lambda place: _open_none(settings, place)
    if settings.names.backend == "embedded":
        return lambda place: _open_embedded(settings, place)
    from reconciler.dns.etcd.address import parse_address

    parse_address(settings.names.backend)
    return lambda place: _open_etcd(settings, place)


def _open_none(settings: Settings, place: NamesPlace) -> NameService:
    insist_on_none(place.engine, settings.env, "--names none")
    return unserved(settings.env)(place)


def _open_embedded(settings: Settings, place: NamesPlace) -> NameService:
    embedded = _embedded(settings, place)
    return _answering(settings, place, embedded, embedded)


def _open_etcd(settings: Settings, place: NamesPlace) -> NameService:
    from reconciler.dns.etcd.names import EtcdNames
    from reconciler.dns.etcd.service import EtcdService

    embedded = _embedded(settings, place)
    etcd = EtcdNames(
        settings.names.backend,
        env=settings.env,
        domain=settings.domain,
        host=embedded.host,
        inner=embedded,
        on_change=place.look,
    )
    return EtcdService(etcd, _answering(settings, place, etcd, embedded))


def _embedded(settings: Settings, place: NamesPlace) -> EmbeddedNames:
    return EmbeddedNames(settings.env, place.info.hostname, settings.names.ttl_seconds)


def _answering(settings: Settings, place: NamesPlace, names: Names, embedded: EmbeddedNames) -> NameService:
    """What answers for `embedded`; the loop publishes in `names`."""
    chosen, engine = settings.names, place.engine
    if chosen.nameservers:
        insist_on_none(engine, settings.env, "--nameserver")
        return Unserved(names, chosen.nameservers)
    if chosen.server == "loop":
        insist_on_none(engine, settings.env, "--dns-server loop")
    elif chosen.server == "container" or belongs_in_container(engine, settings.env, place.network):
        ids = left_behind(engine, settings.env, place.store)
        answering = InContainer(
            names, embedded, settings.domain, place.network, engine,
            skydns_port=chosen.skydns_port, skydns_secret=chosen.skydns_secret, notes=place.store,
        )  # fmt: skip
        return Moved(answering, engine, settings.env, place.store, ids)
    forget(place.store)
    return InProcess(
        names, embedded, settings.domain, place.network,
        skydns_port=chosen.skydns_port, skydns_secret=chosen.skydns_secret, notes=place.store,
    )  # fmt: skip
