"""From the decision to create to a draft: a fresh token, the secrets' contents, the resolver's addresses.

Before: executor (on a worker's thread). After: steps, which carries the draft out. Tokens and secrets exist here and in
the container, nowhere else; a label holds the token's SHA-256.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.engine.blueprint import blueprint
from reconciler.engine.heartbeats import Expected, HeartbeatListener
from reconciler.engine.ports import File, Network
from reconciler.engine.resolvers import host_resolvers
from reconciler.engine.steps import Draft
from reconciler.errors import PermanentError
from reconciler.plan.actions import CreateInstance
from reconciler.plan.verdicts import DEFAULT_HEARTBEAT
from reconciler.spec.cluster import OWN_KEY, ClusterSpec
from reconciler.state.labels import container_name
from reconciler.state.userdata import user_environment

TOKEN_PATH = "/run/reconciler/token"  # noqa: S105  # where it goes, not what it is
SECRETS_DIRECTORY = "/run/secrets"
AUTHORIZED_KEYS_PATH = "/run/reconciler/authorized_keys"
LAST_LOGINS_PATH = "/var/log/lastlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerMaker:
    """Makes drafts for one environment. `read_file` gives the bytes of a file that a spec points at, `own_key` the
    environment's public key for logging in.
    """

    env: str
    domain: str
    network: Network
    nameservers: tuple[str, ...]
    listener: str
    read_file: Callable[[str], bytes]
    own_key: Callable[[], bytes]
    allow_paths: tuple[Path, ...] = ()

    def __call__(self, action: CreateInstance) -> Draft:
        """Raises PermanentError where a file is missing or a host port can't be had."""
        spec = action.spec
        self._insist_on_allowed(spec)
        files = [
            File(path=f"{SECRETS_DIRECTORY}/{secret.name}", content=self.read_file(secret.file))
            for secret in spec.secrets
        ]
        if spec.ssh_keys is not None:
            keys = self.own_key() if spec.ssh_keys == OWN_KEY else self.read_file(spec.ssh_keys)
            files.append(File(path=AUTHORIZED_KEYS_PATH, content=keys))
            # A slim image has none, and sshd would say so to whoever logs in on a terminal.
            files.append(File(path=LAST_LOGINS_PATH, content=b"", mode=0o664))
        token_sha256 = ""
        if action.has_agent or spec.health.heartbeat is not None:
            token = secrets.token_urlsafe(32).encode()
            token_sha256 = hashlib.sha256(token).hexdigest()
            files.append(File(path=TOKEN_PATH, content=token))
        return Draft(
            blueprint=blueprint(
                action, env=self.env, domain=self.domain, network=self.network,
                nameservers=(*self.nameservers, *host_resolvers()), token_sha256=token_sha256, listener=self.listener,
                user_environment=user_environment(
                    env=self.env, domain=self.domain, cluster=action.cluster, revision=action.revision,
                    number=action.number, zone=action.zone, image=spec.image,
                ),
            ),
            files=tuple(files),
            token_sha256=token_sha256,
        )  # fmt: skip

    def _insist_on_allowed(self, spec: ClusterSpec) -> None:
        """The path's text was checked when it was read; where its links lead is only known now."""
        allowed = [path.resolve() for path in self.allow_paths]
        for volume in spec.volumes:
            real = Path(volume.source).resolve()
            if volume.host_path and not any(real.is_relative_to(path) for path in allowed):
                raise PermanentError(f"{volume.source} leads to {real}, which no --allow-path covers")


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatRegister:
    """Tells the listener whom to expect."""

    env: str
    listener: HeartbeatListener

    def expect(self, action: CreateInstance, id: str, token_sha256: str) -> None:
        """Accept beats with this token from now on."""
        if token_sha256:
            self.listener.expect(
                Expected(
                    name=container_name(self.env, action.cluster, action.number),
                    id=id,
                    cluster=action.cluster,
                    token_sha256=token_sha256,
                    interval_seconds=(action.spec.health.heartbeat or DEFAULT_HEARTBEAT).interval_seconds,
                )
            )

    def forget(self, id: str) -> None:
        """Its token is worth nothing any more."""
        self.listener.forget(id)
