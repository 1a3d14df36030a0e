"""One container of the fake engine, and how a list of containers shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.engine.ports import Blueprint, File, Found
from reconciler.state import labels as keys
from reconciler.state.image import Image
from reconciler.state.instance import ALIVE, EngineState, Foreign, ImageHealth, Instance


@dataclass(slots=True, kw_only=True)
class Box:
    """A container: what it was made from and what has become of it."""

    id: str
    blueprint: Blueprint
    image: Image
    state: EngineState = EngineState.CREATED
    exit_code: int | None = None
    health: ImageHealth = ImageHealth.NONE
    address: str | None = None
    started_at: float | None = None
    files: dict[str, File] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)
    connected: bool = True

    @property
    def labels(self) -> Mapping[str, str]:
        return self.blueprint.labels

    @property
    def env(self) -> str | None:
        return self.labels.get(keys.ENV)

    @property
    def alive(self) -> bool:
        return self.state in ALIVE

    @property
    def is_instance(self) -> bool:
        return self.labels.get(keys.ROLE, keys.INSTANCE_ROLE) in keys.ROLES

    def found(self) -> Found:
        """As one looks at it by name."""
        here = self.address if self.connected else None
        return Found(
            id=self.id,
            name=self.blueprint.name,
            labels=self.labels,
            image_id=self.image.id,
            state=self.state,
            exit_code=self.exit_code or 0,
            addresses={self.blueprint.network: here} if here else {},
        )

    def end(self, code: int) -> None:
        """It exits: its address is free again."""
        self.state, self.exit_code, self.address = EngineState.EXITED, code, None
        self.health = ImageHealth.NONE

    def seen(self, env: str) -> Instance | Foreign:
        """As a listing of `env` shows it; the same rules as the real one's."""
        name = self.blueprint.name
        read = keys.read_labels(self.labels, name)
        if isinstance(read, str):
            return Foreign(id=self.id, container=name, reason=read)
        network = keys.network_name(env)
        if self.blueprint.network != network:
            return Foreign(id=self.id, container=name, reason=f"it is not on the network {network}")
        return Instance(
            id=self.id,
            container=name,
            cluster=read.cluster,
            number=read.number,
            zone=read.zone,
            revision=read.revision,
            spec_hash=read.spec_hash,
            attempt=read.attempt,
            token_sha256=read.token_sha256,
            image_id=self.image.id,
            state=self.state,
            exit_code=self.exit_code,
            health=self.health,
            address=self.address if self.connected else None,
            has_agent=self.image.has_agent,
            task=read.task,
        )
