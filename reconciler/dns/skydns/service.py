"""One registered service as a value: read from SkyDNS v1's JSON, written as it, and as the entry that names lead to.

Before: routes, with what a client sent; registry, with what was kept over a restart. After: registry, state.names.
The JSON's fields, the labels (lower case, dots of host and version as dashes) and their order are SkyDNS v1's
(skydns1, msg/service.go, registry/registry.go). Never here: time passing, HTTP.
"""

import json
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.state.entry import NO_LABEL, TTL_SECONDS, Entry, host_label, is_address
from reconciler.state.names import RESERVED_CLUSTERS, WILDCARDS

HIDDEN_SECONDS = 2  # SkyDNS answers with a service while its remaining TTL in whole seconds is above 1
LEAST_TTL_SECONDS = HIDDEN_SECONDS + 1
KEPT_SECONDS = HIDDEN_SECONDS - 1  # of an answer, in whole seconds; the other one is for hiding late and for the way
MOST_TTL_SECONDS = 2**32 - 1
ZERO_TIME = "0001-01-01T00:00:00Z"  # what SkyDNS's language writes for no time at all

_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
_UNREACHABLE = tuple(
    map(IPv4Network, ("0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32"))
)  # RFC 1122, 3.2.1.3; RFC 1112, 4
_MOST_HOST = 253
_MOST_SHOWN = 80


class Refused(ReconcilerError):
    """The request can't be granted: `status` is HTTP's, the message a sentence for who sent it.

    `allow` are the methods to use instead, where the method is what is wrong (405).
    """

    def __init__(self, status: int, message: str, *, allow: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.allow = allow


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What was registered, its texts as they were sent; `version` and `region` may be empty."""

    uuid: str
    name: str
    environment: str
    host: str
    port: int
    version: str = ""
    region: str = ""
    ttl_seconds: int
    no_expire: bool = False

    @property
    def label(self) -> str:
        """Its UUID as it stands in names: what tells services apart."""
        return self.uuid.lower()

    def entry(self, ttl_seconds: int = TTL_SECONDS) -> Entry:
        """What names lead to. An answer with it may be kept for `ttl_seconds`; where it expires, for KEPT_SECONDS at
        most: answers don't tell what remains, so the last one has to end before the service does.
        """
        region, version = self.region.lower(), _dashed(self.version)
        return Entry(
            env=self.environment.lower(),
            cluster=self.name.lower(),
            revision=version or NO_LABEL,
            zone=region or NO_LABEL,
            host=host_label(self.host),
            instance=self.label,
            target=self.host.rstrip("."),
            ports=(self.port,),
            ttl_seconds=ttl_seconds if self.no_expire else min(ttl_seconds, KEPT_SECONDS),
            detail=f"instance={self.uuid} zone={region} revision={version} registered=yes",
        )

    def json(self, *, ttl_seconds: int, expires: str) -> dict[str, Any]:
        """SkyDNS's own fields; `ttl_seconds` is what remains, `expires` RFC 3339 text."""
        return {
            "UUID": self.uuid,
            "Name": self.name,
            "Version": self.version,
            "Environment": self.environment,
            "Region": self.region,
            "Host": self.host,
            "Port": self.port,
            "TTL": ttl_seconds,
            "Expires": expires,
            "NoExpire": self.no_expire,
        }


def read_service(uuid: str, body: bytes, environment: str = "") -> Service:
    """The service in the body of a PUT to `uuid`; raises Refused (400). A UUID in the body means nothing; where it
    names no environment, it is in `environment`.
    """
    values = _object(body)
    host, port = _text(values, "Host"), _whole(values, "Port", 65_535)
    if not host or not port:
        raise Refused(400, "Host and Port required: the address or name to connect to, and a port of 1 to 65535")
    no_expire = values.get("noexpire")
    if no_expire is not None and not isinstance(no_expire, bool):
        raise Refused(400, f"NoExpire: {_shown(no_expire)} is neither true nor false")
    service = Service(
        uuid=uuid,
        name=_text(values, "Name"),
        version=_text(values, "Version"),
        environment=_text(values, "Environment") or environment,
        region=_text(values, "Region"),
        host=host,
        port=port,
        ttl_seconds=_whole(values, "TTL", MOST_TTL_SECONDS),
        no_expire=bool(no_expire),
    )
    _check(service)
    return service


def read_ttl(body: bytes) -> int:
    """The TTL in the body of a PATCH, seconds; raises Refused (400)."""
    ttl = _whole(_object(body), "TTL", MOST_TTL_SECONDS)
    _check_ttl(ttl)
    return ttl


def listed(entry: Entry) -> dict[str, Any]:
    """One of our own instances as SkyDNS would list it: it never expires, its UUID is its instance name."""
    service = Service(
        uuid=entry.instance,
        name=entry.cluster,
        version=entry.revision,
        environment=entry.env,
        region=entry.zone,
        host=entry.target,
        port=entry.ports[0] if entry.ports else 0,
        ttl_seconds=entry.ttl_seconds,
        no_expire=True,
    )
    return service.json(ttl_seconds=entry.ttl_seconds, expires=ZERO_TIME)


def _object(body: bytes) -> dict[str, Any]:
    """The body's fields, their names in lower case: SkyDNS takes them in any case."""
    try:
        values = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise Refused(400, 'the body has to be a JSON object, such as {"TTL":10}')
    return {key.lower(): value for key, value in values.items()}


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _text(values: dict[str, Any], field: str) -> str:
    value = values.get(field.lower())
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(400, f'{field}: {_shown(value)} is no text: write "{field}":"…"')
    return value


def _whole(values: dict[str, Any], field: str, most: int) -> int:
    value = values.get(field.lower())
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= most:
        raise Refused(400, f"{field}: {_shown(value)} is no whole number of 0 to {most}")
    return value


def _check(service: Service) -> None:
    for field, text in (("UUID", service.uuid), ("Name", service.name), ("Environment", service.environment)):
        if not text:
            raise Refused(400, f"{field} required: the name is <UUID>.<Host>.<Region>.<Version>.<Name>.<Environment>")
        _check_label(field, text, text.lower())
    _check_label("Region", service.region, service.region.lower())
    _check_label("Version", service.version, _dashed(service.version))
    _check_host(service.host)
    if service.name.lower() in RESERVED_CLUSTERS:
        raise Refused(400, f"Name: {service.name!r} is kept for the name server's own names; choose another")
    if not service.no_expire:
        _check_ttl(service.ttl_seconds)


def _check_label(field: str, text: str, label: str) -> None:
    if label in WILDCARDS:
        raise Refused(400, f"{field}: {text!r} stands for any label when names are asked for; choose another")
    if label and not _LABEL.fullmatch(label):
        raise Refused(
            400,
            f"{field}: {_shown(text)} can't be a part of a name: at most 63 letters, digits, - and _,"
            " the first and the last a letter or a digit",
        )


def _check_host(host: str) -> None:
    if is_address(host):
        if any(IPv4Address(host) in network for network in _UNREACHABLE):
            raise Refused(400, f"Host: {host}: nobody can connect to it; write the address that the service listens on")
        return
    if ":" in host:
        raise Refused(400, f"Host: {_shown(host)}: only IPv4 addresses and host names are answered; write no port here")
    labels = host.lower().removesuffix(".").split(".")
    if len(host) > _MOST_HOST or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise Refused(400, f"Host: {_shown(host)} is neither an IPv4 address nor a host name")
    _check_label("Host", host, host_label(host))


def _check_ttl(ttl_seconds: int) -> None:
    if ttl_seconds < LEAST_TTL_SECONDS:
        raise Refused(
            400,
            f"TTL: {ttl_seconds} s: a service is hidden for the last {HIDDEN_SECONDS} s of its time, so give it"
            f' {LEAST_TTL_SECONDS} or more, or register it with "NoExpire":true; DELETE ends it at once',
        )


def _dashed(text: str) -> str:
    return text.lower().replace(".", "-")


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
