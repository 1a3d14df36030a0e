"""One image built by the engine, from its folder alone, while nobody else of this user builds the same one.

Before: images (what is to be built), carried (its arguments), locks. After: build_all. Never here: another image.
The engine tags an image when all of its steps are done, and gives a build up when whoever asked for it is gone.
"""

import hashlib
import os
from contextlib import closing
from typing import IO, cast

from docker.utils.build import create_archive

from reconciler.errors import PermanentError
from reconciler.setup.build_output import BuildFailed, Output, log_directory
from reconciler.setup.carried import build_arguments
from reconciler.setup.images import LABEL, Folder, State, context, parse
from reconciler.setup.locate import Endpoint
from reconciler.setup.locks import alone
from reconciler.setup.probe import client, image_labels, local_images
from reconciler.setup.progress import Line

_BUILD_SECONDS = 900.0  # without a word from the engine


def build(endpoint: Endpoint, state: State, said: Line, *, anew: bool = False) -> bool:
    """Make the image what its folder says; False where somebody else had done so meanwhile. `anew`: in any case, and
    without the steps that the engine has kept.

    `said` gets what it is at, in words. Raises BuildFailed with the failing step's last lines.
    """
    lock = hashlib.sha256(f"{endpoint.url} {state.folder.reference}".encode()).hexdigest()[:16]
    with alone(f"image-{lock}", lambda: said("waits for another build of it")):
        if not anew and (image_labels(endpoint, state.folder.reference) or {}).get(LABEL) == state.digest:
            return False
        log = log_directory() / f"{state.folder.name}.log"
        _insist_on_parents(endpoint, state)
        try:
            with log.open("w", encoding="utf-8") as file:
                _build(endpoint, state, Output(file), said, anew=anew)
        except BuildFailed as error:
            raise BuildFailed(f"{error}\n  The whole output: {log}") from None
        except PermanentError as error:  # what the engine says of a Dockerfile that it can't read
            raise BuildFailed(f"{state.folder.directory / 'Dockerfile'}: {error}") from error
        log.unlink(missing_ok=True)
        _take_back_unless_right(endpoint, state)
    return True


def _insist_on_parents(endpoint: Endpoint, state: State) -> None:
    """Another checkout may build other files under the same names: nothing is made from those and called ours."""
    here = local_images(endpoint)
    for reference, digest in state.parents.items():
        if reference not in here or here[reference].labels.get(LABEL) != digest:
            raise BuildFailed(f"{reference} was built from other files meanwhile, by another checkout; try it again")


def _take_back_unless_right(endpoint: Endpoint, state: State) -> None:
    try:
        _insist_on_parents(endpoint, state)
    except BuildFailed:
        with client(endpoint) as api:
            api.remove_image(state.folder.reference, force=True)
        raise


def _build(endpoint: Endpoint, state: State, output: Output, said: Line, *, anew: bool) -> None:
    with client(endpoint, timeout_seconds=_BUILD_SECONDS) as api, closing(_packed(state.folder)) as packed:
        messages = api.build(
            fileobj=packed,
            nocache=anew,
            custom_context=True,
            tag=state.folder.reference,
            labels={LABEL: state.digest},
            buildargs=arguments(state.folder),
            rm=True,
            forcerm=True,
            decode=True,
        )
        output.follow(messages, said)


def _packed(folder: Folder) -> IO[bytes]:
    # The stubs know only part of what the SDK returns here: a temporary file.
    return cast("IO[bytes]", create_archive(str(folder.directory), files=context(folder.directory)))


def arguments(folder: Folder) -> dict[str, str]:
    """What this machine's environment says of the arguments that the Dockerfile declares without a value."""
    return build_arguments(parse(folder.directory).arguments, os.environ)
