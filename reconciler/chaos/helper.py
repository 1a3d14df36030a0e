"""One helper beside one victim, as it is talked to: JSON lines each way (images/chaos says what they mean).

Before: crew, which stages it. After: the engine's conversation. Never here: waiting for several, what is said when.
A helper may end at any time, mostly because its victim does: that is no error here, and it says nothing more.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from reconciler.chaos.situation import name_of
from reconciler.engine.fault_ports import Conversation
from reconciler.errors import EngineError, TransientError
from reconciler.state.instance import Instance

Message = Mapping[str, Any]
FAILS = "fails"


class Helper:
    """`bites`: it was told to, and does; `detail`: what it said of that. `problem`: what it failed at.

    `ended`: it is gone, or the way to it is.
    """

    def __init__(self, instance: Instance, id: str, conversation: Conversation) -> None:
        self.instance = instance
        self.name = name_of(instance)
        self.id = id
        self.bites = False
        self.detail: Message = {}
        self.ended = False
        self.problem = ""
        self._conversation = conversation

    def say(self, do: str, more: Message) -> None:
        """Tell it to do something. That it has ended shows when it is heard, with its last words."""
        with suppress(EngineError):
            self._conversation.send(json.dumps({"do": do, **more}, separators=(",", ":")))

    def hear(self, kind: str, give_up_at: float, fits: Callable[[Message], bool] = lambda _: True) -> Message | None:
        """Its next message of this kind that fits; None where it fails, has ended, or says nothing in time.

        What it says besides is passed over: an answer that somebody has given up on.
        """
        while not self.ended:
            try:
                line = self._conversation.receive(max(0.0, give_up_at - time.monotonic()))
            except TransientError:
                return None
            except EngineError:
                line = None
            if line is None:
                self.ended = True
                return None
            message = read_message(line)
            if message.get("type") == FAILS:
                self.problem = str(message.get("problem", "it doesn't say why"))
                return None
            if message.get("type") == kind and fits(message):
                return message
        return None

    def close(self) -> None:
        """Stop talking to it."""
        self._conversation.close()


def ask(
    helpers: Iterable[Helper],
    do: str,
    kind: str,
    seconds: float,
    more: Callable[[Helper], Message] = lambda _: {},
    fits: Callable[[Message], bool] = lambda _: True,
) -> dict[str, Message]:
    """Tell all of them, then hear all of them: what each answered within the time, by name."""
    everyone = tuple(helpers)
    for helper in everyone:
        helper.problem = ""
        helper.say(do, more(helper))
    give_up_at = time.monotonic() + seconds
    answers = ((helper.name, helper.hear(kind, give_up_at, fits)) for helper in everyone)
    return {name: answer for name, answer in answers if answer is not None}


def read_message(line: str) -> Message:
    """What a line says; nothing where it isn't a helper's."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}  # a remark of an interpreter that ends badly; its end says the rest
    return message if isinstance(message, dict) else {}
