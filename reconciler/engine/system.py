"""Keeping a container of the environment's own (a name server) as it should be: there, running, made from the right
things, at its address.

Before: dns.container, which says what it should be. After: the engine port. Whatever it finds under the name is looked
at before it is touched: only our own is ever removed. Never here: when to look, waiting, back-off.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.engine.ports import Blueprint, Engine, File, Found
from reconciler.errors import EngineError, NotOurs, PermanentError, TransientError
from reconciler.state import labels as keys
from reconciler.state.instance import EngineState

SYSTEM_ROLE = "system"
_LEAVING = frozenset({EngineState.REMOVING, EngineState.DEAD})


class BeingRemoved(TransientError):
    """The one before it is on its way out, and its name is free in a moment: nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should stand there: `blueprint` has its fixed address and no labels yet; `files` go in before the start."""

    env: str
    blueprint: Blueprint
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The container as it stands now; `made` says that it was made just now."""

    id: str
    made: bool


def system_name(env: str, what: str) -> str:
    """`dev_system_skydns`: no instance can be called so."""
    return f"{env}_{SYSTEM_ROLE}_{what}"


def is_ours(found: Found, env: str) -> bool:
    """It says so itself, in its labels."""
    return found.labels.get(keys.ENV) == env and found.labels.get(keys.ROLE) == SYSTEM_ROLE


def find(engine: Engine, env: str, name: str) -> Found | None:
    """Ours of this name. Raises NotOurs where somebody else's stands there."""
    found = engine.find(name)
    if found is not None and not is_ours(found, env):
        raise NotOurs(
            f"container {found.id[:12]} is called {name} and isn't ours; rename or remove it, "
            "or give this environment another name with --env"
        )
    return found


def keep(engine: Engine, wanted: Wanted, secrets: Sequence[File], *, hung: str = "") -> Kept:
    """Make it so: leave it where it is right, else make it anew. Raises EngineError, BeingRemoved for a name that is
    not free yet.

    `hung` is the id of one that is right by all that the engine knows, and is to be made anew all the same; it
    stays where its image is gone, since nothing better can be made. `secrets` are files that are no part of what it
    is: they go into one that is made; into one that stays, the caller puts them.
    """
    blueprint = wanted.blueprint
    found = find(engine, wanted.env, blueprint.name)
    image = engine.images([blueprint.image]).get(blueprint.image)
    if found is not None:
        stays = image is None or found.id != hung
        if stays and is_right(found, wanted, image.id if image else None):
            return Kept(id=found.id, made=False)
        if image is None:
            raise _no_image(blueprint.image)
        engine.remove(found.id)
    if image is None:
        raise _no_image(blueprint.image)
    return Kept(id=_make(engine, wanted, secrets), made=True)


def is_right(found: Found, wanted: Wanted, image_id: str | None) -> bool:
    """It runs, and was made from these files, this image (None: gone since, so nothing better can be made), this
    address.
    """
    blueprint = wanted.blueprint
    return (
        found.state is EngineState.RUNNING
        and found.labels.get(keys.SPEC_HASH) == digest(wanted)
        and image_id in (None, found.image_id)
        and found.addresses.get(blueprint.network) == blueprint.address
    )


def runs(found: Found) -> bool:
    """Its process is there and not frozen."""
    return found.state is EngineState.RUNNING


def is_leaving(found: Found | None) -> bool:
    """Somebody removes it, or has."""
    return found is None or found.state in _LEAVING


def ended(name: str, found: Found | None) -> TransientError:
    """What to say of one that should run and doesn't."""
    if found is None:
        return TransientError(f"container {name} was removed")
    how = f"ended with code {found.exit_code}" if found.state is EngineState.EXITED else f"is {found.state}"
    return TransientError(f"container {name} {how}; `docker logs {name}` says more")


def labelled(wanted: Wanted) -> Mapping[str, str]:
    """What it carries so that it is known again."""
    return {keys.ENV: wanted.env, keys.ROLE: SYSTEM_ROLE, keys.SPEC_HASH: digest(wanted)}


def digest(wanted: Wanted) -> str:
    """Over all that it is made from but its image, whose id the engine keeps."""
    whole = hashlib.sha256(repr(wanted.blueprint).encode())
    for file in sorted(wanted.files, key=lambda file: file.path):
        whole.update(f"\0{file.path}\0{file.mode}\0{file.owner}\0{len(file.content)}\0".encode() + file.content)
    return whole.hexdigest()[:16]


def _make(engine: Engine, wanted: Wanted, secrets: Sequence[File]) -> str:
    try:
        id = engine.create(replace(wanted.blueprint, labels=labelled(wanted)))
    except TransientError as error:
        if is_leaving(engine.find(wanted.blueprint.name)):
            raise BeingRemoved(str(error), error.retry_after_seconds) from error
        raise
    try:
        engine.upload(id, (*wanted.files, *secrets))
        engine.start(id)
    except EngineError:
        engine.remove(id)
        raise
    return id


def _no_image(reference: str) -> PermanentError:
    name = reference.rpartition("/")[2].partition(":")[0]
    return PermanentError(f"the image {reference} is not on the engine; `reconciler images build {name}` makes it")
