"""What each aimed fault does to a victim: its words, what its helper is told, what is dropped. Pure.

Before: prepare. After: attack. How the helper does it is in images/chaos.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.chaos.attack import HelperKind
from reconciler.chaos.cut import Drop
from reconciler.chaos.faults import MEBIBYTE, Agent, Aimed, Burn, Dns, Fill, Freeze, Loss
from reconciler.chaos.situation import Situation
from reconciler.errors import ChaosRefused, UsageError
from reconciler.spec.units import show_bytes

_DNS_PORT = 53
_ENGINES_RESOLVER = "127.0.0.11"
_LEAST_PERCENT = 0.5  # less can't be told from none at all within a moment
_MOST_WORKERS = 64
_LEAST_FILL_BYTES = MEBIBYTE
_MOST_FILL_BYTES = 16 * 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`short` begins the line for labels (`20 % of `), `long` the sentence (`lose 20 % of the packets`).

    `follows`: those who come while it holds are hit as well.
    """

    short: str
    long: str
    helper: HelperKind
    settings: Mapping[str, object] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
    follows: bool = False
    probability: float | None = None


def effect(fault: Aimed, situation: Situation) -> Effect:
    """Raises UsageError for numbers out of range."""
    match fault:
        case Freeze():
            return Effect(short="", long="stop every process (SIGSTOP)", helper="freeze")
        case Loss():
            return _loss(fault)
        case Dns():
            return _dns()
        case Agent():
            return _agent(situation)
        case Burn():
            return _burn(fault)
        case Fill():
            return _fill(fault)


def _loss(fault: Loss) -> Effect:
    if not _LEAST_PERCENT <= fault.percent <= 100:  # also refuses what is no number
        raise UsageError(f"loss of {fault.percent:g} %: give a percentage from {_LEAST_PERCENT:g} to 100")
    share = fault.percent / 100
    return Effect(
        short=f"{fault.percent:g} % ",
        long=f"lose {fault.percent:g} % of the packets, each way,",
        helper="net",
        drops=(Drop(direction="in", probability=share), Drop(direction="out", probability=share)),
        follows=True,
        probability=share,
    )


def _dns() -> Effect:
    return Effect(
        short="",
        long="lose every question for a name (port 53)",
        helper="net",
        drops=(
            Drop(direction="out", protocol="udp", port=_DNS_PORT),
            Drop(direction="out", protocol="tcp", port=_DNS_PORT),
            Drop(direction="out", peer=_ENGINES_RESOLVER),  # at another port, by the time that it is looked at
        ),
        follows=True,
    )


def _agent(situation: Situation) -> Effect:
    """Its newcomers are left alone: an instance whose replacement is silent, too, would be replaced without end."""
    if not situation.gateway:
        raise ChaosRefused(f"agent is refused: environment {situation.env} has no network yet, so nobody beats")
    return Effect(
        short="",
        long="lose the heartbeats",
        helper="net",
        drops=(Drop(direction="out", peer=situation.gateway, protocol="tcp", port=situation.listener_port),),
    )


def _burn(fault: Burn) -> Effect:
    if not 1 <= fault.workers <= _MOST_WORKERS:
        raise UsageError(f"burn with {fault.workers} workers: give 1 to {_MOST_WORKERS}")
    return Effect(
        short=f"{fault.workers} cpu ",
        long=f"burn {fault.workers} processor{'s' if fault.workers > 1 else ''} in the share",
        helper="burn",
        settings={"cpus": fault.workers},
    )


def _fill(fault: Fill) -> Effect:
    size = show_bytes(fault.size_bytes)
    if not _LEAST_FILL_BYTES <= fault.size_bytes <= _MOST_FILL_BYTES:
        raise UsageError(f"fill {size}: give {show_bytes(_LEAST_FILL_BYTES)} to {show_bytes(_MOST_FILL_BYTES)}")
    if not fault.path.startswith("/") or ".." in fault.path.split("/"):
        raise UsageError(f"fill --path {fault.path}: give an absolute path inside the victim, without ..")
    return Effect(
        short=f"{size} ",
        long=f"fill {size} of {fault.path}",
        helper="fill",
        settings={"bytes": fault.size_bytes, "path": fault.path},
    )
