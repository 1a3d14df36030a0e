"""From the decision to make an instance to everything its container is made from. Pure.

Before: plan.actions, with what the loop knows of the network and the resolvers. After: an engine translates
it. Never here: secrets or tokens; they travel as files (see ports.File), and only a token's digest is in a
label.
"""

from collections.abc import Mapping, Sequence

from reconciler.engine.ports import Blueprint, Mount, Network
from reconciler.errors import PermanentError
from reconciler.plan.actions import CreateInstance
from reconciler.spec.cluster import Port, Volume
from reconciler.state.labels import InstanceLabels, container_name

LISTENER_VARIABLE = "RECONCILER_LISTENER"
INSTANCE_VARIABLE = "RECONCILER_INSTANCE"
SSH_VARIABLE = "RECONCILER_SSH"

# sshd confines its first stage with chroot, and Debian's refuses a login that it can't write to the audit
# log.
_SSH_CAPABILITIES = ("AUDIT_WRITE", "SYS_CHROOT")


def blueprint(  # noqa: PLR0913  # each is another room's to know; a bag of them would only hide that
    action: CreateInstance,
    *,
    env: str,
    domain: str,
    network: Network,
    nameservers: Sequence[str],
    token_sha256: str,
    listener: str,
    user_environment: Mapping[str, str],
) -> Blueprint:
    """The container of `action`. Raises PermanentError where the spec has no host port for its number.

    `nameservers` are addresses in the order of asking, ours first; `listener` is `host:port` of the
    heartbeats; `user_environment` (user_data, CLOUD_…) wins over the spec's own variables, and ours over
    both.
    """
    spec = action.spec
    name = container_name(env, action.cluster, action.number)
    labels = InstanceLabels(
        env=env,
        cluster=action.cluster,
        number=action.number,
        zone=action.zone,
        revision=action.revision,
        spec_hash=action.spec_hash,
        attempt=action.attempt,
        token_sha256=token_sha256,
        task=spec.task is not None,
    )
    ours = {
        LISTENER_VARIABLE: listener,
        INSTANCE_VARIABLE: name,
        **({SSH_VARIABLE: "1"} if spec.ssh_keys is not None else {}),
    }
    return Blueprint(
        name=name,
        image=action.source,
        hostname=f"{spec.dns_label}{action.number}",
        labels=labels.as_labels(),
        environment={**spec.environment, **user_environment, **ours},
        network=network.name,
        command=spec.command,
        ports=spec.ports,
        published=tuple(_published(action)),
        mounts=tuple(_mount(volume, name) for volume in spec.volumes),
        resources=spec.resources,
        nameservers=tuple(nameservers),
        search=(f"{env}.{domain}",),
        capabilities=_SSH_CAPABILITIES if spec.ssh_keys is not None else (),
        stop_seconds=spec.stop.grace_seconds,
    )


def volume_name(container: str, source: str) -> str:
    """The named volume of one instance: `dev-cassandra-1-data`; kept when the instance is replaced."""
    return f"{container}-{source}"


def _mount(volume: Volume, container: str) -> Mount:
    return Mount(
        source=volume.source if volume.host_path else volume_name(container, volume.source),
        target=volume.target,
        read_only=volume.read_only,
        host_path=volume.host_path,
    )


def _published(action: CreateInstance) -> list[tuple[Port, int]]:
    pairs = []
    for port in action.spec.ports:
        if port.host_first is None:
            continue
        host_port = port.host_port(action.number)
        if host_port is None:
            raise PermanentError(
                f"creating {action.subject}: ports {port.host_first}-{port.host_last} have none for number "
                f"{action.number}; widen the range or lower the size"
            )
        pairs.append((port, host_port))
    return pairs
