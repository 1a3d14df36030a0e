"""Files into a container, mostly before it starts, and one out of it: a tar, written and read by the engine itself.

Before: adapter. After: api. Secrets travel this way only: never through environment, labels or command lines.
"""

import io
import tarfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from reconciler.engine.docker.api import Api, said
from reconciler.engine.docker.refusals import refusal
from reconciler.engine.ports import File
from reconciler.errors import PermanentError, TransientError

# The engine makes missing directories on the way; those below these are ours to say how they look.
_OUR_DIRECTORIES = (PurePosixPath("/run/secrets"), PurePosixPath("/run/reconciler"))


def upload(api: Api, id: str, files: Sequence[File]) -> None:
    """Put `files` into the container, replacing what is there."""
    if not files:
        return
    doing = f"uploading files to container {id[:12]}"
    response = api.request("PUT", f"/containers/{id}/archive", params={"path": "/"}, body=archive(files), doing=doing)
    if response.status_code == 404:
        raise TransientError(f"{doing}: it is gone", 0.2)
    if response.status_code >= 400:
        raise refusal(response.status_code, said(response), doing)


def fetch(api: Api, id: str, path: str) -> bytes | None:
    """The content of a small file in the container; None where it is no file, or the container is gone."""
    doing = f"reading {path} in container {id[:12]}"
    response = api.request("GET", f"/containers/{id}/archive", params={"path": path}, doing=doing)
    if response.status_code == 404:
        return None
    if response.status_code >= 400:
        raise refusal(response.status_code, said(response), doing)
    with tarfile.open(fileobj=io.BytesIO(response.content)) as tar:
        first = tar.next()
        file = tar.extractfile(first) if first is not None else None
        return file.read() if file is not None else None


def archive(files: Sequence[File]) -> bytes:
    """The tar of `files`, relative to the root.

    Raises PermanentError for a path that isn't absolute and plain.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        paths = [_plain(file.path) for file in files]
        for directory in _OUR_DIRECTORIES:
            if any(directory in path.parents for path in paths):
                tar.addfile(_directory(directory))
        for path, file in zip(paths, files, strict=True):
            tar.addfile(_entry(path, file), io.BytesIO(file.content))
    return buffer.getvalue()


def _plain(text: str) -> PurePosixPath:
    path = PurePosixPath(text)
    if not path.is_absolute() or ".." in path.parts or text.endswith("/"):
        raise PermanentError(f"{text} is no path for a file in a container; give an absolute one without ..")
    return path


def _directory(path: PurePosixPath) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(str(path).lstrip("/"))
    entry.type = tarfile.DIRTYPE
    entry.mode = 0o755
    return entry


def _entry(path: PurePosixPath, file: File) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(str(path).lstrip("/"))
    entry.size = len(file.content)
    entry.mode = file.mode
    entry.uid = entry.gid = file.owner
    return entry
