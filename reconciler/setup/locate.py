"""Which engine the user means: by RECONCILER_ENGINE or DOCKER_HOST, docker's current context, or a socket here.

Before: nothing but environment and files. After: probe, doctor, and whoever needs the engine's address.
Never here: talking to the engine. An engine elsewhere is refused unless ENGINE_OK=1: what is tried out here kills
containers and fills networks, and nobody wants that on an engine they had forgotten they were connected to.
The order is the docker command's own (its cli/command: an explicit host beats DOCKER_CONTEXT beats
`currentContext`); before it comes RECONCILER_ENGINE, which is what --engine sets.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.errors import UsageError

DEFAULT_SOCKET = Path("/var/run/docker.sock")
_ADDRESSES = ("RECONCILER_ENGINE", "DOCKER_HOST")
_LOCAL_SCHEMES = frozenset({"unix", "npipe", "fd"})
_LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where an engine is: `url` as in DOCKER_HOST, `origin` what named it, `tls_directory` its keys."""

    url: str
    origin: str
    tls_directory: Path | None = None

    @property
    def local(self) -> bool:
        """True for a socket or a loopback address of this machine."""
        parts = urlsplit(self.url)
        return parts.scheme in _LOCAL_SCHEMES or (
            parts.scheme in {"tcp", "http", "https"} and (parts.hostname or "") in _LOCAL_HOSTS
        )


def find_engine(environ: Mapping[str, str], home: Path) -> Endpoint:
    """The engine to use. Raises UsageError for a remote one without ENGINE_OK=1, or for a broken context."""
    found = _from_host(environ) or _from_context(environ, home) or _from_sockets(environ)
    if found.local or environ.get("ENGINE_OK") == "1":
        return found
    raise UsageError(
        f"the engine {found.url} (from {found.origin}) is not on this machine, and was left alone; "
        "set ENGINE_OK=1 to use it, or unset DOCKER_HOST (or `docker context use default`) for the local one"
    )


def _from_host(environ: Mapping[str, str]) -> Endpoint | None:
    # --engine's own variable first, as everywhere else.
    origin = next((name for name in _ADDRESSES if environ.get(name)), "")
    if not origin:
        return None
    url = environ[origin]
    certificates = environ.get("DOCKER_CERT_PATH", "")
    verified = bool(environ.get("DOCKER_TLS_VERIFY")) and bool(certificates)
    return Endpoint(url=url, origin=origin, tls_directory=Path(certificates) if verified else None)


def _from_context(environ: Mapping[str, str], home: Path) -> Endpoint | None:
    directory = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    name = environ.get("DOCKER_CONTEXT") or _current_context(directory / "config.json")
    if name in {"", "default"}:
        return None
    # docker keeps each context in a directory named by the digest of its name.
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = directory / "contexts" / "meta" / digest / "meta.json"
    host = _field(_read_json(meta, f"docker context {name!r}"), "Endpoints", "docker", "Host")
    if not host:
        raise UsageError(
            f"docker context {name!r} names no engine ({meta}); choose another: `docker context use default`"
        )
    tls = directory / "contexts" / "tls" / digest / "docker"
    return Endpoint(url=host, origin=f"docker context {name!r}", tls_directory=tls if tls.is_dir() else None)


def _current_context(config: Path) -> str:
    if not config.exists():
        return ""
    return _field(_read_json(config, "docker's configuration"), "currentContext")


def _read_json(path: Path, what: str) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{what} can't be read: {path}: {error}; repair the file or set DOCKER_HOST") from error


def _field(value: object, *names: str) -> str:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _is_there(socket: Path) -> bool:
    """Also where we may not look: then it's said that we may not, and no other engine is taken instead."""
    try:
        return socket.exists()
    except PermissionError:
        return True


def _from_sockets(environ: Mapping[str, str]) -> Endpoint:
    rootless = Path(environ.get("XDG_RUNTIME_DIR") or "/nonexistent") / "docker.sock"
    if not _is_there(DEFAULT_SOCKET) and rootless.exists():
        return Endpoint(url=f"unix://{rootless}", origin="the rootless engine's socket")
    return Endpoint(url=f"unix://{DEFAULT_SOCKET}", origin="the default socket")
