"""What the name server in the container is told when it is made, as one file; and where things are inside.

Before: service, on the loop's side, which writes it. After: program, which reads it. What can change while the server
runs (records, resolvers) isn't here: it is pushed.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

ROOM = "/opt/reconciler"
SETTINGS_PATH = f"{ROOM}/settings.json"
TOKEN_PATH = f"{ROOM}/token"
NOTES_PATH = f"{ROOM}/notes.json"
USER = 65534  # nobody: what the server becomes once it has its port


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The zone is `<env>.<domain>` on the engine whose host has the label `host`; `address` is the server's own,
    `gateway` the host's.

    The SkyDNS API has a port (0: none) and a secret (None: none is asked for).
    """

    env: str
    domain: str
    host: str
    subnet: str
    address: str
    gateway: str
    ttl_seconds: int
    skydns_port: int = 0
    skydns_secret: str | None = None


def write(settings: ServerSettings) -> bytes:
    """The file."""
    return json.dumps(asdict(settings), sort_keys=True).encode()


def read(content: bytes) -> ServerSettings:
    """Its inverse: both sides are of one version, so nothing is checked."""
    found: dict[str, Any] = json.loads(content)
    return ServerSettings(**found)
