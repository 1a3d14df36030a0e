"""The image that all of ours start from: found, pulled, or made here; it trusts whom this machine trusts.

Before: carried, bootstrap, probe. After: doctor. Never here: another image.
A label records the digest of what was carried in, so that a later look knows whether the image is still
right.
"""

import io
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console

from reconciler.errors import EngineUnavailable, PermanentError
from reconciler.setup.bootstrap import make_tar
from reconciler.setup.carried import Carried
from reconciler.setup.findings import SetupError
from reconciler.setup.locate import Endpoint
from reconciler.setup.probe import client, image_labels
from reconciler.setup.progress import Line, step

REFERENCE = "debian:bookworm-slim"
LABEL = "io.reconciler.base"
# A registry that is there answers within seconds; one that is not may swallow packets for minutes.
_REGISTRY_SECONDS = 15.0
_BUILD_SECONDS = 300.0


def is_right(labels: dict[str, str] | None, carried: Carried) -> bool:
    """Whether an image with these labels (None: absent) is there and brings what is carried."""
    return labels is not None and (not carried.digest or labels.get(LABEL) == carried.digest)


def provide(endpoint: Endpoint, carried: Carried, console: Console, reference: str = REFERENCE) -> None:
    """Make `reference` exist and bring what is `carried`. Raises SetupError, EngineUnavailable."""
    labels = image_labels(endpoint, reference)
    if is_right(labels, carried):
        return
    if labels is None and not _pull(endpoint, reference, console):
        _make(endpoint, carried, reference, console)
    elif carried.digest:
        _add_layer(endpoint, carried, reference, console)


def _pull(endpoint: Endpoint, reference: str, console: Console) -> bool:
    """Whether a registry had it."""
    repository, _, tag = reference.rpartition(":")
    try:
        with (
            step(console, f"Pulling {reference}") as line,
            client(endpoint, timeout_seconds=_REGISTRY_SECONDS) as api,
        ):
            follow(api.pull(repository, tag=tag, stream=True, decode=True), line)
    except (EngineUnavailable, PermanentError, SetupError) as error:
        reason = str(error).splitlines()[-1].strip()
        console.print(f"No registry gave us {reference} ({reason}).", markup=False, highlight=False, soft_wrap=True)
        return False
    return True


def _make(endpoint: Endpoint, carried: Carried, reference: str, console: Console) -> None:
    repository, _, tag = reference.rpartition(":")
    changes = ['CMD ["bash"]', f"LABEL {LABEL}={carried.digest}"]
    with tempfile.TemporaryDirectory(prefix="reconciler-base-") as workplace:
        packed = make_tar(carried, Path(workplace), console)
        with client(endpoint, timeout_seconds=_BUILD_SECONDS) as api:
            answer = api.import_image_from_file(str(packed), repository=repository, tag=tag, changes=changes)
    if "error" in str(answer):
        raise SetupError(f"the engine did not take the image {reference}: {answer}")


def _add_layer(endpoint: Endpoint, carried: Carried, reference: str, console: Console) -> None:
    with (
        step(console, f"Adding this machine's certificates and apt mirrors to {reference}") as line,
        client(endpoint, timeout_seconds=_BUILD_SECONDS) as api,
    ):
        output = api.build(
            fileobj=build_context(carried, reference),
            custom_context=True,
            tag=reference,
            rm=True,
            forcerm=True,
            decode=True,
        )
        follow(output, line)


def build_context(carried: Carried, reference: str) -> io.BytesIO:
    """A tar with a Dockerfile that puts what is carried on top of `reference`.

    The certificates are copied before ca-certificates is installed, so that its installation takes them up.
    """
    install = (
        "RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates"
        " && update-ca-certificates && rm -rf /var/lib/apt/lists/*\n"
        if carried.certificates
        else ""
    )
    text = f"FROM {reference}\nCOPY files/ /\n{install}LABEL {LABEL}={carried.digest}\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        _add(archive, "Dockerfile", text.encode())
        for path, content in sorted(carried.files().items()):
            _add(archive, f"files/{path}", content)
    packed.seek(0)
    return packed


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))


def follow(output: Iterable[Any], line: Line) -> None:
    """Pass the engine's progress on. Raises SetupError for an error reported inside an answer of 200."""
    last: list[str] = []
    for message in output:
        if "error" in message:
            tail = "".join(f"\n    {text}" for text in last[-10:])
            raise SetupError(f"{tail}\n{message['error']}".lstrip())
        text = str(message.get("stream") or message.get("status") or "").strip()
        if text:
            last.append(text)
            line(text)
