"""Requests to the Docker Engine API: one client a thread, a time limit on each call, every failure as one of
ours.

Before: adapter and its helpers. After: the engine. Never here: what a path or a body means.
The SDK's client is a requests.Session and not safe to share between threads; its own methods spend several
times the engine's time on a listing, so paths and bodies go out as they are.
"""

import json
import threading
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests

from reconciler.engine.docker import DEFAULT_URL
from reconciler.engine.docker.refusals import refusal, silence
from reconciler.errors import EngineUnavailable, PermanentError

_OLDEST = (1, 41)
_NEWEST = (1, 47)  # the newest version whose bodies and answers were read; a newer engine still speaks it
_CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0  # listing and inspecting
EFFECT_SECONDS = 60.0  # creating, starting, removing: slow on a loaded disk, but never endless


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An accepted answer: its status, its JSON (None where it has none), the words of a refusal."""

    status: int
    payload: Any = None
    message: str = ""


class Api:
    """The engine at one address. Connects when first asked; safe to use from several threads."""

    def __init__(self, base_url: str | None, tls_directory: Path | None = None) -> None:
        self.base_url = base_url or DEFAULT_URL
        self.tls_directory = tls_directory
        self._local = threading.local()
        self._clients: weakref.WeakSet[docker.APIClient] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._version: str | None = None
        self._closed = False

    @property
    def local(self) -> bool:
        """The engine shares this host's clock and routes."""
        return self.base_url.startswith(("unix://", "http+unix://"))

    def call(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        params: Mapping[str, str] | None = None,
        body: object = None,
        accept: Collection[int] = (),
    ) -> Reply:
        """One request for JSON.

        Raises for any status ≥ 400 that isn't in `accept`; `doing` begins the message.
        """
        response = self.request(method, path, doing=doing, params=params, body=body)
        if response.status_code < 400:
            return Reply(status=response.status_code, payload=_json(response, doing) if response.content else None)
        message = said(response)
        if response.status_code in accept:
            return Reply(status=response.status_code, message=message)
        raise refusal(response.status_code, message, doing, reading=method == "GET")

    def request(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        params: Mapping[str, str] | None = None,
        body: object = None,
    ) -> requests.Response:
        """One request, and its answer as it is, refusals too.

        `body` is bytes (a tar) or becomes JSON. Raises where no answer comes.
        """
        reading = method in {"GET", "HEAD"}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/x-tar" if isinstance(body, bytes) else "application/json"}
        client = self.client(doing)
        try:
            return client.request(
                method,
                f"{client.base_url}/v{self.version(doing)}{path}",
                params=params,
                data=data,
                headers=kind if data is not None else None,
                timeout=(_CONNECT_SECONDS, READ_SECONDS if reading else EFFECT_SECONDS),
            )
        except (requests.exceptions.RequestException, OSError) as error:
            raise silence(error, doing, reading=reading) from error

    def client(self, doing: str) -> docker.APIClient:
        """This thread's client."""
        found: docker.APIClient | None = getattr(self._local, "client", None)
        if found is not None and not self._closed:
            return found
        if self._closed:
            raise EngineUnavailable(f"{doing}: the connection to the engine was closed")
        try:
            made = docker.APIClient(
                self.base_url,
                version=".".join(map(str, _OLDEST)),  # asked for below; here it only saves the SDK's own question
                timeout=int(READ_SECONDS),
                tls=self._tls(),
                max_pool_size=1,
            )
        except docker.errors.DockerException as error:
            raise PermanentError(f"{doing}: {self.base_url} is no address of an engine: {error}") from error
        made.trust_env = False  # reading proxies and .netrc again for each request costs more than the request
        with self._lock:
            self._clients.add(made)
        self._local.client = made
        return made

    def version(self, doing: str) -> str:
        """The API version spoken, such as `1.41`: the engine's own, at most the newest known here."""
        if self._version is None:
            self._version = self._negotiate(doing)
        return self._version

    def _negotiate(self, doing: str) -> str:
        client = self.client(doing)
        try:
            # A ping without a version in its path is answered by every engine, with its newest version as a
            # header.
            response = client.get(f"{client.base_url}/_ping", timeout=(_CONNECT_SECONDS, READ_SECONDS))
        except (requests.exceptions.RequestException, OSError) as error:
            raise silence(error, doing, reading=True) from error
        if response.status_code >= 400:
            raise refusal(response.status_code, said(response), doing, reading=True)
        spoken = response.headers.get("Api-Version", "")
        major, _, minor = spoken.partition(".")
        if not (major.isdigit() and minor.isdigit()):
            raise PermanentError(f"{doing}: what answers at {self.base_url} is no Docker engine")
        if (int(major), int(minor)) < _OLDEST:
            raise PermanentError(f"{doing}: the engine is too old (API {spoken}); version 20.10 or newer is needed")
        return ".".join(map(str, min((int(major), int(minor)), _NEWEST)))

    def _tls(self) -> "docker.tls.TLSConfig | bool":
        directory = self.tls_directory
        if directory is None:
            return False
        pair = (str(directory / "cert.pem"), str(directory / "key.pem"))
        return docker.tls.TLSConfig(client_cert=pair, ca_cert=str(directory / "ca.pem"), verify=True)

    def close(self) -> None:
        """Close every thread's client; whoever asks afterwards gets EngineUnavailable."""
        self._closed = True
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.close()


def said(response: requests.Response) -> str:
    """The engine's own words in an answer of refusal."""
    try:
        payload = json.loads(response.content)
    except ValueError:
        return response.text.strip() or response.reason or f"status {response.status_code}"
    return str(payload.get("message", payload)) if isinstance(payload, dict) else str(payload)


def _json(response: requests.Response, doing: str) -> Any:
    try:
        return json.loads(response.content)
    except ValueError as error:
        if "json" in response.headers.get("Content-Type", ""):
            raise EngineUnavailable(f"{doing}: the engine's answer broke off") from error
        return None


@contextmanager
def broken_as_ours(doing: str) -> Iterator[None]:
    """Translate what a socket or the SDK raises inside a stream."""
    try:
        yield
    except (requests.exceptions.RequestException, OSError) as error:
        raise silence(error, doing, reading=True) from error
