"""Whether the faults of single victims bite: each is looked at from inside, in its own way.

Before: running. After: helper. Freezes, burns and fills are looked at by their helpers before they say that they bite.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.chaos.attack import Attack
from reconciler.chaos.faults import MEBIBYTE
from reconciler.chaos.helper import Helper, ask
from reconciler.chaos.probing import answered
from reconciler.errors import DoesNotBite

_ANSWER_SECONDS = 6.0
TRY_SECONDS = 2.0
_SHARE_TOLERANCE = 0.15  # of a few hundred datagrams: far beyond chance, and far from no fault at all

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
        yield f"{sum(int(one.get('bytes', 0)) for one in details) / MEBIBYTE:g} MiB are taken"


def _lossy(attack: Attack, helpers: Sequence[Helper]) -> dict[str, str]:
    meant = attack.probability or 0.0
    wrong = {}
    for name, answer in ask(helpers, "lossy", "lossy", _ANSWER_SECONDS).items():
        share = float(answer.get("share", 0.0))
        if abs(share - meant) > _SHARE_TOLERANCE or (meant == 1.0 and share < 1.0):
            wrong[name] = f"{share:.0%} of its datagrams are lost, not {meant:.0%}"
    return wrong


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
