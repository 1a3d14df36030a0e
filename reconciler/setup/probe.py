"""Asking the engine: does it answer, what version, where it keeps its data, which images it has.

Before: locate. After: daemon, base_image, doctor. Never here: changing anything.
The SDK raises requests' errors for a dead connection and its own for a refused request; both become ours.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import requests

from reconciler.engine.docker.refusals import innermost
from reconciler.errors import EngineDenied, EngineUnavailable, PermanentError
from reconciler.setup.locate import Endpoint

_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What an engine says of itself: versions (`20.10.24`, `1.41`) and the directory of its data."""

    version: str
    api_version: str
    data_root: Path
    kernel_memory_limits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalImage:
    """An image that the engine has: its id (`sha256:…`), labels, size in bytes, and when it was made (Unix seconds)."""

    id: str
    labels: Mapping[str, str]
    size_bytes: int
    made_at: float


@contextmanager
def client(endpoint: Endpoint, *, timeout_seconds: float = _CONNECT_SECONDS) -> Iterator[docker.APIClient]:
    """A low-level client, closed at the end; foreign errors inside become EngineError's children."""
    api: docker.APIClient | None = None
    try:
        api = docker.APIClient(
            base_url=endpoint.url,
            version="auto",
            timeout=timeout_seconds,  # type: ignore[arg-type]  # the stubs say int; requests takes seconds with a fraction
            tls=_tls(endpoint),
        )
        yield api
    except docker.errors.APIError as error:
        raise PermanentError(f"the engine at {endpoint.url} refused: {error.explanation or error}") from error
    except (requests.exceptions.RequestException, docker.errors.DockerException) as error:
        if isinstance(innermost(error), PermissionError):
            raise EngineDenied(f"asking {endpoint.url}") from error
        raise EngineUnavailable(f"the engine at {endpoint.url} does not answer: {error}") from error
    finally:
        if api is not None:
            api.close()


def _tls(endpoint: Endpoint) -> "docker.tls.TLSConfig | bool":
    directory = endpoint.tls_directory
    if directory is None:
        return False
    pair = (str(directory / "cert.pem"), str(directory / "key.pem"))
    return docker.tls.TLSConfig(client_cert=pair, ca_cert=str(directory / "ca.pem"), verify=True)


def facts(endpoint: Endpoint) -> EngineFacts:
    """What the engine says of itself. Raises EngineUnavailable."""
    with client(endpoint) as api:
        version, info = api.version(), api.info()
    return EngineFacts(
        version=version["Version"],
        api_version=version["ApiVersion"],
        data_root=Path(info["DockerRootDir"]),
        kernel_memory_limits=bool(info.get("MemoryLimit")),
    )


def answers(endpoint: Endpoint) -> bool:
    """Whether something at the address speaks the engine's API."""
    try:
        with client(endpoint) as api:
            return bool(api.ping())
    except (EngineUnavailable, PermanentError):
        return False


def denied(endpoint: Endpoint) -> bool:
    """Whether something is at the address that this user may not use."""
    try:
        with client(endpoint):
            return False
    except EngineDenied:
        return True
    except (EngineUnavailable, PermanentError):
        return False


def image_labels(endpoint: Endpoint, reference: str) -> dict[str, str] | None:
    """The labels of a local image, None if the engine doesn't have it. Raises EngineUnavailable."""
    with client(endpoint) as api:
        try:
            image = api.inspect_image(reference)  # type: ignore[no-untyped-call]
        except docker.errors.ImageNotFound:
            return None
    return dict((image.get("Config") or {}).get("Labels") or {})


def local_images(endpoint: Endpoint) -> dict[str, LocalImage]:
    """All tagged images of the engine by reference, in one question. Raises EngineUnavailable."""
    with client(endpoint) as api:
        rows = api.images()
    return {
        tag: LocalImage(
            id=row["Id"], labels=row.get("Labels") or {}, size_bytes=row["Size"], made_at=float(row["Created"])
        )
        for row in rows
        for tag in row.get("RepoTags") or ()
    }
