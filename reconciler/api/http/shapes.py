"""What answers look like, as the OpenAPI document describes it: made from our own frozen values, whose
fields it follows.

Before: those values, encode. After: the document, and tests that hold every answer against it. No answer is made by
these models: they cost time on the way out, and say nothing that encode doesn't.
"""

from dataclasses import fields
from types import GenericAlias
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from reconciler import errors
from reconciler.api import operations, services
from reconciler.plan import lookup, plan, status, zone_rows
from reconciler.state import event, faults, revisions, zones


def shape(kind: type[Any], name: str = "", *, without: tuple[str, ...] = (), **own: Any) -> Any:
    """A model with the fields of a frozen value but for those `without`; `own` are other types, and further keys."""
    hints = get_type_hints(kind)
    kept: dict[str, Any] = {field.name: (hints[field.name], ...) for field in fields(kind) if field.name not in without}
    return create_model(name or kind.__name__, **{**kept, **{key: (value, ...) for key, value in own.items()}})


def many(kind: Any) -> Any:
    """A list of them."""
    return GenericAlias(list, (kind,))


def maybe(kind: Any) -> Any:
    """It, or null."""
    return kind | None


class Loop(BaseModel):
    """The loop that answers."""

    running: bool
    pid: int | None
    specs: str


class Condition(BaseModel):
    """With the keys of Kubernetes' API conventions."""

    type: str
    status: str
    reason: str
    message: str
    observedGeneration: int  # noqa: N815  # Kubernetes' spelling
    lastTransitionTime: str | None  # noqa: N815


class Action(BaseModel):
    """One step of a plan; what its kind needs stands beside it."""

    model_config = ConfigDict(extra="allow")
    kind: str
    cluster: str
    subject: str
    cause: str


class Edit(BaseModel):
    """One file of a proposal: `before` null, there is none yet; `after` null, it is removed."""

    file: str
    before: str | None
    after: str | None
    difference: str


Problem = shape(errors.Problem)
Instance = shape(status.InstanceStatus, "Instance")
InstanceOfCluster = create_model("InstanceOfCluster", __base__=Instance, cluster=(str, ...))
Rollout = shape(status.RolloutStatus, "Rollout")
Scale = shape(status.ScaleStatus, "Scale")
Cluster = shape(
    status.ClusterStatus, "Cluster", conditions=many(Condition), instances=many(Instance), problems=many(Problem),
    rollout=maybe(Rollout), scale=maybe(Scale), error=str | None,
)  # fmt: skip
Fault = shape(faults.FaultSeen, "Fault")
ClosedZone = shape(zones.ClosedZone)
Status = shape(
    status.WorldStatus, "Status", without=("loop_running", "loop_pid", "specs"), loop=Loop, clusters=many(Cluster),
    problems=many(Problem), faults=many(Fault), closed_zones=many(ClosedZone),
)  # fmt: skip
Clusters = create_model("Clusters", clusters=(many(Cluster), ...))
Instances = create_model("Instances", instances=(many(InstanceOfCluster), ...))
Event = shape(event.Event, time=str | None)
Events = create_model("Events", events=(many(Event), ...), last=(int, ...))
Revision = shape(
    revisions.KeptRevision, "Revision", without=("version", "text"), revision=str, spec_hash=str, image_id=str,
    time=str | None, text=str,
)  # fmt: skip
Revisions = create_model("Revisions", name=(str, ...), revisions=(many(Revision), ...))
SpecFile = shape(services.SpecFile)
NameRow = shape(lookup.NameRow)
Name = shape(lookup.NameStatus, "Name", rows=many(NameRow))
Wait = shape(plan.Wait)
Plan = shape(
    plan.Plan, actions=many(Action), waits=many(Wait), held=maybe(Wait), quiet=bool, text=str,
)  # fmt: skip
Plans = create_model("Plans", quiet=(bool, ...), plans=(many(Plan), ...))
Checked = create_model("Checked", valid=(bool, ...), files=(list[str], ...), problems=(many(Problem), ...))
Proposal = create_model(
    "Proposal", says=(str, ...), clusters=(list[str], ...), base=(str, ...), changed=(bool, ...),
    difference=(str, ...), edits=(many(Edit), ...), plans=(maybe(many(Plan)), ...), remarks=(list[str], ...),
)  # fmt: skip
Zone = shape(
    zone_rows.ZoneRow, "Zone", closed=bool, since=float | None, until=float | None, why=str,
)  # fmt: skip
Zones = create_model("Zones", zones=(many(Zone), ...))
ZoneClosed = create_model("ZoneClosed", zone=(str, ...), closed=(bool, ...), remarks=(list[str], ...))
ZoneOpened = create_model("ZoneOpened", zone=(str, ...), closed=(bool, ...), changed=(bool, ...))
Operation = shape(operations.Operation)
Operations = create_model("Operations", operations=(many(Operation), ...))
LogLine = shape(operations.LogLine)
Log = create_model("Log", lines=(many(LogLine), ...), next=(int, ...), state=(operations.OperationState, ...))
Executed = shape(services.Executed)
Faults = create_model("Faults", faults=(many(Fault), ...))
Preview = shape(services.FaultPreview, "Preview")
Healed = create_model("Healed", healed=(list[str], ...))
Released = create_model("Released", released=(list[str], ...))
Accepted = create_model("Accepted", accepted=(bool, ...))
Stopping = create_model("Stopping", stopping=(bool, ...), pid=(str, ...))
Findings = create_model("Findings", findings=(list[dict[str, Any]], ...))
Info = dict[str, str]
Schema = dict[str, Any]


Trouble = create_model(
    "Trouble",
    __doc__="What is wrong: `code` for programs, `message` for people; `difference` with the code `changed`.",
    code=(str, ...), message=(str, ...), problems=(many(Problem), ...), difference=(str, ""),
)  # fmt: skip
Refused = create_model("Refused", __doc__="The same for every request that isn't carried out.", error=(Trouble, ...))
