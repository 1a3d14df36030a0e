"""The page: `/` and `/static/…`, read once at start and answered from memory.

The page may load only what is here: no script or style from elsewhere, none written into the page.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from acmeair.asgi import Request, Response
from acmeair.errors import Refusal

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    etag: str
    headers: tuple[tuple[str, str], ...]


class Statics:
    """The handlers."""

    def __init__(self, directory: Path) -> None:
        self._files = {
            str(path.relative_to(directory)): _read(path)
            for path in sorted(directory.rglob("*"))
            if path.is_file() and path.suffix in TYPES
        }

    async def page(self, request: Request) -> Response:
        """`GET /`."""
        return self._answer("index.html", request)

    async def file(self, request: Request) -> Response:
        """`GET /static/{name...}`."""
        return self._answer(request.params["name"], request)

    def _answer(self, name: str, request: Request) -> Response:
        file = self._files.get(name)
        if file is None:
            raise Refusal(404, "unknown_path", "There is no such file.")
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if file.etag in known:
            return Response(304, b"", file.headers)
        return Response(200, file.body, file.headers)


def _read(path: Path) -> _File:
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = (
        ("Content-Type", TYPES[path.suffix]),
        ("ETag", etag),
        # Asked for again each time, answered with 304: parts of two versions never meet in one page.
        ("Cache-Control", "no-cache"),
        ("Content-Security-Policy", POLICY),
        ("Referrer-Policy", "same-origin"),
    )
    return _File(body, etag, headers)
