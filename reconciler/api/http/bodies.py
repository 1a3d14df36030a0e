"""What requests may hold, strictly: unknown keys are refused, nothing is converted. One model for each wish.

Before: the routes, where FastAPI reads them. After: wishes and the services' arguments. The limits here keep out what
can't be meant; what may be is decided by those who know the files.
"""

from base64 import b64decode
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field

from reconciler.api.refusal import RequestError
from reconciler.changes import wishes

MOST_FILES = 500
MOST_TEXT = 1024 * 1024
FILE_NAME = r"^[A-Za-z0-9_][A-Za-z0-9._-]*\.ya?ml$"
LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
WIDE_LIMIT = 2**53

Name: TypeAlias = Annotated[str, Field(pattern=LABEL, description="A cluster's name.", examples=["webapp"])]
FileName: TypeAlias = Annotated[str, Field(pattern=FILE_NAME, max_length=255, examples=["webapp.yaml"])]
Text: TypeAlias = Annotated[str, Field(max_length=MOST_TEXT, examples=["name: webapp\nimage: nginx:1.27\nsize: 2\n"])]


class Body(BaseModel):
    """Strict: no other keys, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OfCluster(Body):
    """About one cluster."""

    name: Name


class Resize(OfCluster):
    """Another number of instances."""

    kind: Literal["resize"]
    size: int = Field(ge=0, le=100_000, examples=[3])


class NextGroup(OfCluster):
    """The next revision: another image, other variables (null removes one), and how to roll it out."""

    kind: Literal["next-group"]
    image: str = Field("", max_length=500, examples=["acmeair/webapp:1.1"])
    environment: dict[str, str | None] = Field({}, examples=[{"LOG_LEVEL": "debug"}])
    strategy: str = Field("", max_length=40, examples=["red-black"])


class Suspend(OfCluster):
    """Leave it alone."""

    kind: Literal["suspend"]


class Resume(OfCluster):
    """Take it up again."""

    kind: Literal["resume"]


class Traffic(OfCluster):
    """Whether names and the registry lead to it."""

    kind: Literal["traffic"]
    on: bool


class Restart(OfCluster):
    """Every instance replaced by a new one of the same."""

    kind: Literal["restart"]


class Pause(OfCluster):
    """Begin nothing more of a rollout."""

    kind: Literal["pause"]


class GoOn(OfCluster):
    """Go on with a paused rollout."""

    kind: Literal["go-on"]


class Promote(OfCluster):
    """The revision that waits for a person's judgment goes on to all."""

    kind: Literal["promote"]


class Undo(OfCluster):
    """Back to an earlier revision; `to` empty: the one before, else the newest good one."""

    kind: Literal["undo"]
    to: str = Field("", pattern=r"^(v[0-9]{3,10})?$", examples=["v002"])


class Write(Body):
    """A whole file, new or in the place of the one that its cluster has."""

    kind: Literal["write"]
    file: FileName
    text: Text


class Apply(Body):
    """Several files at once, all or none; `prune`: they are all that is wanted."""

    kind: Literal["apply"]
    files: dict[FileName, Text] = Field(max_length=MOST_FILES)
    prune: bool = False


class Delete(Body):
    """Clusters that go. To name them counts as confirmed."""

    kind: Literal["delete"]
    names: list[Name] = Field(min_length=1, max_length=MOST_FILES)


Wish: TypeAlias = Annotated[
    Resize | NextGroup | Suspend | Resume | Traffic | Restart | Pause | GoOn | Promote | Undo | Write | Apply | Delete,
    Field(discriminator="kind"),
]
KINDS: dict[str, Any] = {kind.kind: kind for kind in get_args(wishes.Wish)}


def wish(body: Body) -> wishes.Wish:
    """The value that the model stands for."""
    given = body.model_dump()
    kind = KINDS[given.pop("kind")]
    made: wishes.Wish = kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in given.items()})
    return made


class Change(Body):
    """A wish, and the `base` of the proposal that was looked at: where the files have changed since, it is refused.
    Null: whatever they are by now.
    """

    wish: Wish
    base: str | None = Field(None, max_length=200)


class Raw(Body):
    """Bytes that are no UTF-8."""

    base64: str = Field(max_length=2 * MOST_TEXT, examples=["c2l6ZTogMQo="])


class Files(Body):
    """Spec files by their names; without them those of the directory."""

    files: dict[FileName, Text | Raw] | None = Field(None, max_length=MOST_FILES)


class GivenFiles(Body):
    """Spec files by their names."""

    files: dict[FileName, Text | Raw] = Field(min_length=1, max_length=MOST_FILES)


def contents(files: dict[str, str | Raw]) -> dict[str, bytes]:
    """The files' bytes."""
    return {name: given.encode() if isinstance(given, str) else _decoded(name, given) for name, given in files.items()}


def _decoded(name: str, given: Raw) -> bytes:
    try:
        return b64decode(given.base64, validate=True)
    except ValueError as error:
        raise RequestError(422, "bad_request", f"files: {name}: {error}") from error


class Command(Body):
    """What to run in a container, and for how long at most."""

    command: list[Annotated[str, Field(max_length=65536)]] = Field(
        min_length=1, max_length=256, examples=[["ls", "-l"]]
    )
    seconds: float = Field(60.0, gt=0, le=300, allow_inf_nan=False)


class Close(Body):
    """For how long a zone is out of service (null: until it is opened), and a word for those who see it."""

    seconds: float | None = Field(None, gt=0, le=31_536_000, allow_inf_nan=False, examples=[600])
    why: str = Field("", max_length=200, examples=["a new disk"])


class Confirm(Body):
    """Which held deletions go on; null: all."""

    names: list[Name] | None = Field(None, max_length=MOST_FILES)


class Images(Body):
    """Which images to build; none: all."""

    names: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]] = Field(
        [], max_length=50, examples=[["base"]]
    )


class Drill(Body):
    """A drill file's text."""

    text: Text
