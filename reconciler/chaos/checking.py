"""Whether the faults of single victims bite: each is looked at from inside, in its own way.

Before: running. After: helper. Freezes, burns and fills are looked at by their helpers before they say that they bite.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.chaos.attack import Attack
from reconciler.chaos.faults import MEBIBYTE
from reconciler.chaos.helper import Helper, ask
from reconciler.chaos.probing import answered
from reconciler.errors import DoesNotBite

_ANSWER_SECONDS = 6.0
TRY_SECONDS = 2.0
_SHARE_TOLERANCE = 0.15  # more than was meant: of a few hundred datagrams far beyond chance
_LEAST_OF_MEANT = 0.2  # less than was meant: of 20 that are meant 4, which chance leaves once in 60000 times
_MEANT_DROPS = 20
_DATAGRAMS = 400  # in one answer

Look = Callable[[Attack, Sequence[Helper]], dict[str, str]]


def check(attack: Attack, helpers: Sequence[Helper]) -> tuple[str, ...]:
    """Sentences about what was found. Raises DoesNotBite where one victim isn't hit as meant, after a few tries."""
    look = _LOOKS.get(attack.kind)
    if look is None:
        return tuple(_told(attack.kind, helpers))
    give_up_at = time.monotonic() + TRY_SECONDS
    while True:
        wrong = look(attack, helpers)
        if not wrong:
            return (f"{len(helpers)} of {len(helpers)} victims: {_WORDS[attack.kind]}",)
        if time.monotonic() >= give_up_at:
            name, why = min(wrong.items())
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise DoesNotBite(f"{attack.kind} does not bite: {name}{more}: {why}; it is undone")


def _told(kind: str, helpers: Sequence[Helper]) -> Iterator[str]:
    """What the helpers saw themselves before they said that they bite."""
    details = [one.detail for one in helpers]
    if kind == "freeze":
        yield f"{sum(int(one.get('frozen', 0)) for one in details)} processes stand still"
    if kind == "burn":
        yield f"{sum(float(one.get('cpus', 0.0)) for one in details):.2f} processors are used up"
    if kind == "fill":
        yield f"{sum(int(one.get('bytes', 0)) for one in details) / MEBIBYTE:.0f} MiB are taken"


def _lossy(attack: Attack, helpers: Sequence[Helper]) -> dict[str, str]:
    """The smaller the share, the more datagrams it takes to tell it from none."""
    meant = attack.probability or 0.0
    sent, dropped = Counter[str](), Counter[str]()
    for _ in range(math.ceil(_MEANT_DROPS / (_DATAGRAMS * meant))):
        for name, answer in ask(helpers, "lossy", "lossy", _ANSWER_SECONDS).items():
            sent[name] += int(answer.get("sent", 0))
            dropped[name] += int(answer.get("dropped", 0))
    shares = {name: dropped[name] / count for name, count in sent.items() if count}
    return {
        name: f"{share:.1%} of its datagrams are lost, not {meant:.1%}"
        for name, share in shares.items()
        if share < meant * _LEAST_OF_MEANT or abs(share - meant) > _SHARE_TOLERANCE or (meant == 1.0 and share < 1.0)
    }


def _deaf_to_names(_: Attack, helpers: Sequence[Helper]) -> dict[str, str]:
    answers = ask(helpers, "resolve", "resolved", _ANSWER_SECONDS)
    return {name: "names are answered still" for name, answer in answers.items() if answer.get("answered")}


def _without_beats(attack: Attack, helpers: Sequence[Helper]) -> dict[str, str]:
    there = answered(helpers, (attack.gateway, attack.listener_port))
    return {name: "the listener still answers it" for name, answers in there.items() if answers}


_LOOKS: Mapping[str, Look] = {"loss": _lossy, "dns": _deaf_to_names, "agent": _without_beats}
_WORDS: Mapping[str, str] = {
    "loss": "packets are lost as meant",
    "dns": "no name is answered",
    "agent": "the heartbeat listener is out of reach",
}
