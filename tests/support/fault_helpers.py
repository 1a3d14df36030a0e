"""Helpers of faults on a real engine: staged, talked to, and what they leave behind."""

import json
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from reconciler.engine.docker.adapter import DockerEngine
from reconciler.engine.fault_ports import Conversation
from reconciler.engine.helpers import IMAGE, Kind, helper
from reconciler.state.faults import FaultLabels

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """One that runs and is ready. Ended and removed at the end of its `with`."""

    engine: DockerEngine
    id: str
    conversation: Conversation

    def say(self, do: str, **more: object) -> None:
        self.conversation.send(json.dumps({"do": do, **more}))

    def hear(self) -> dict[str, Any]:
        """The next thing it says; empty once it has ended."""
        line = self.conversation.receive(PATIENCE_SECONDS)
        found: dict[str, Any] = json.loads(line) if line is not None else {}
        return found

    def ask(self, do: str, **more: object) -> dict[str, Any]:
        self.say(do, **more)
        return self.hear()

    def bite(self) -> Any:
        """Its detail."""
        said = self.ask("bite")
        assert said["type"] == "bites", said
        return said["detail"]

    def exit_code(self) -> int:
        """Of one that ends."""
        path = f"/containers/{self.id}/wait"
        return int(self.engine.api.call("POST", path, doing="waiting for it to end").payload["StatusCode"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.conversation.close()
        self.engine.signal(self.id, "SIGTERM")  # one removed by force leaves what it did
        self.exit_code()
        self.engine.remove(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A running instance; `address` is where it can be reached."""

    engine: DockerEngine
    env: str
    id: str
    name: str
    address: str

    def beside(
        self, kind: Kind, fault_id: str, *, seconds: float = 60.0, until: float = 0.0, **settings: object
    ) -> Helper:
        """A helper beside it, which said that it is ready. `until` is what its labels say."""
        labels = FaultLabels(
            env=self.env,
            fault_id=fault_id,
            kind=kind,
            says=f"{kind} {self.name}",
            until=until,
            victim_id=self.id,
            instance=self.name,
            cluster=self.name.rpartition("-")[0],
            zone="az1",
        )
        made = self.engine.create(helper(labels, kind, seconds=seconds, settings=settings))
        staged = Helper(engine=self.engine, id=made, conversation=self.engine.converse(made))
        self.engine.start(made)
        said = staged.hear()
        assert said == {"type": "ready"}, said
        return staged

    def rules(self) -> str:
        """What iptables-save says in its network."""
        body = {
            "Image": IMAGE,
            "Entrypoint": ["iptables-save", "-t", "filter"],
            "HostConfig": {"NetworkMode": f"container:{self.id}", "CapDrop": ["ALL"], "CapAdd": ["NET_ADMIN"]},
        }
        api = self.engine.api
        made = str(api.call("POST", "/containers/create", body=body, doing="making").payload["Id"])
        try:
            self.engine.start(made)
            pieces = self.engine.logs(made, follow=True, tail=None, stop=threading.Event())
            return b"".join(data for _, data in pieces).decode()
        finally:
            self.engine.remove(made)

    def processes(self) -> dict[str, str]:
        """The first letter of the state of each by its command line."""
        path, params = f"/containers/{self.id}/top", {"ps_args": "-o pid,stat,args"}
        rows = self.engine.api.call("GET", path, params=params, doing="looking at processes").payload["Processes"]
        return {row[2]: row[1][:1] for row in rows}

    def run(self, *argv: str) -> int:
        """Run a program in it to its end; the exit code."""
        made = self._exec(argv)
        pieces = self.engine.api.call("POST", f"/exec/{made}/start", body={"Detach": False}, doing="running")
        assert pieces.status == 200
        found = self.engine.api.call("GET", f"/exec/{made}/json", doing="looking").payload
        return int(found["ExitCode"])

    def run_beside(self, *argv: str) -> None:
        """Start a program in it that goes on."""
        made = self._exec(argv)
        self.engine.api.call("POST", f"/exec/{made}/start", body={"Detach": True}, doing="starting a program")

    def _exec(self, argv: tuple[str, ...]) -> str:
        path, body = f"/containers/{self.id}/exec", {"Cmd": list(argv), "AttachStdout": True}
        return str(self.engine.api.call("POST", path, body=body, doing="making a program").payload["Id"])
