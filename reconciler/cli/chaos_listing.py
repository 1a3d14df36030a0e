"""`chaos list` and `chaos heal`: the faults in force, whoever made them, and their end. Both need no loop.

Before: chaos. After: the engine (helpers' labels are the record), chaos.healing.
"""

import time
from contextlib import closing
from typing import Annotated

import typer

from reconciler.cli import output
from reconciler.cli.options import environment
from reconciler.cli.output import Plain
from reconciler.loop.settings import Settings
from reconciler.state.faults import FaultSeen, group


@environment
def list_faults(
    settings: Settings,
    output_format: Annotated[Plain, typer.Option("--output", "-o", help="How to write it.")] = Plain.TEXT,
) -> None:
    """Show the faults in force: what they do to whom, and when they end by themselves.

    Example: `reconciler chaos list`.
    """
    from reconciler.engine.docker import connect

    now = time.time()
    with closing(connect(settings.engine_url)) as engine:
        faults = group(engine.faults(settings.env), now)
    if output_format is Plain.JSON:
        from reconciler.api.encode import fault_dict

        output.emit_json({"environment": settings.env, "faults": [fault_dict(fault) for fault in faults]})
        return
    if not faults:
        output.say(f"no fault is in force in environment {settings.env}")
    for fault in faults:
        output.say(line(fault, now))


@environment
def heal(
    settings: Settings,
    fault: Annotated[str | None, typer.Argument(metavar="[ID]", help="Which one. Default: all.")] = None,
) -> None:
    """End faults now, whoever made them, and clean up what is left of those whose helpers died.

    Examples: `reconciler chaos heal`, `reconciler chaos heal k3f9x`.
    """
    from reconciler.chaos.healing import heal as end
    from reconciler.engine.docker import connect

    with closing(connect(settings.engine_url)) as engine:
        ended = end(engine, settings.env, fault, time.time())
    for one in ended:
        output.say(f"healed {one.id}: {one.says}")
    if not ended:
        output.say(f"no fault is in force in environment {settings.env}")


def line(fault: FaultSeen, now: float) -> str:
    """One fault in one line."""
    count = len(fault.instances)
    whom = ", ".join(fault.instances) if count <= 3 else f"{count} instances"
    end = f"heals within {fault.until - now:.0f} s" if now < fault.until else "over, and about to be put away"
    if fault.leftover:
        end = f"left over: `reconciler chaos heal {fault.id}` ends it"
    return f"{fault.id}  {fault.says}  {whom}  {end}"
