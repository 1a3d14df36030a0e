"""A name service around another one: what it doesn't do itself is the other's.

Before: etcd.service, moved, which add one thing each. After: in_process, container.service.
"""

from abc import ABC, abstractmethod

from reconciler.engine.ports import Names, NameService


class Around(ABC):
    """`answering` with something beside it, whose own problem is told after its."""

    def __init__(self, answering: NameService) -> None:
        self._answering = answering

    @property
    def names(self) -> Names:
        """Where the loop publishes."""
        return self._answering.names

    @property
    def nameservers(self) -> tuple[str, ...]:
        """The addresses that containers ask first."""
        return self._answering.nameservers

    def look_after(self) -> None:
        """Start what answers where it isn't there or has died."""
        self._answering.look_after()

    def problem(self) -> str:
        """Why names don't answer or what is wrong beside that, and what to do; empty where all is well."""
        return "; ".join(filter(None, (self._answering.problem(), self._own_problem())))

    def close(self) -> None:
        """Put away what answers."""
        self._answering.close()

    @abstractmethod
    def _own_problem(self) -> str:
        """What is wrong with what was added."""
