"""From a blueprint to the body of `/containers/create`: pure; the one place where the safety of what runs is
set.

Before: containers. After: the engine. Field names: Docker Engine API 1.41, `ContainerCreate`.
"""

from typing import Any

from reconciler.engine.ports import Blueprint, Joins, Mount

# All capabilities are dropped but these, which images with a supervisor or a package's own user need: an
# entrypoint that prepares its files and becomes another user (CHOWN, DAC_OVERRIDE, FOWNER, SETUID, SETGID), a
# supervisor that ends what it started under another user (KILL), a server on port 80 (NET_BIND_SERVICE).
# Left out of Docker's own default: NET_RAW (forging packets on the bridge), MKNOD, AUDIT_WRITE, SETFCAP,
# SETPCAP, FSETID, SYS_CHROOT; a blueprint adds what one image proves to need (an sshd: SYS_CHROOT,
# AUDIT_WRITE).
KEPT_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID")

# Logs are kept by the engine, and bounded: three parts of 10 MiB a container, old parts compressed.
_LOGS = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3", "compress": "true"}}


def container_body(blueprint: Blueprint, *, cgroup_parent: str | None = None) -> dict[str, Any]:
    """What `/containers/create` takes. The restart policy stays `no`: we are the only one that restarts.

    `cgroup_parent` is where the engine keeps what the blueprint joins; None: the engine's usual place.
    """
    if blueprint.joins is not None:
        return _helper_body(blueprint, blueprint.joins, cgroup_parent)
    exposed: dict[str, dict[str, str]] = {f"{port.container}/{port.protocol}": {} for port in blueprint.ports}
    body: dict[str, Any] = {
        "Image": blueprint.image,
        "Hostname": blueprint.hostname,
        "Labels": dict(blueprint.labels),
        "Env": [f"{name}={value}" for name, value in blueprint.environment.items()],
        "ExposedPorts": exposed,
        "StopTimeout": max(1, round(blueprint.stop_seconds)),
        "HostConfig": _host_config(blueprint),
        "NetworkingConfig": {"EndpointsConfig": {blueprint.network: _endpoint(blueprint)}},
    }
    if blueprint.command is not None:
        body["Cmd"] = list(blueprint.command)
    return body


def _helper_body(blueprint: Blueprint, joins: Joins, cgroup_parent: str | None) -> dict[str, Any]:
    """Of one that joins others: the engine refuses a host name, a resolver or ports beside another's network.

    Standard input stays open when whoever spoke last goes away, so that a helper outlives who started it.
    """
    body: dict[str, Any] = {
        "Image": blueprint.image,
        "Labels": dict(blueprint.labels),
        "Env": [f"{name}={value}" for name, value in blueprint.environment.items()],
        "StopTimeout": max(1, round(blueprint.stop_seconds)),
        "OpenStdin": True,
        "StdinOnce": False,
        "AttachStdin": True,
        "AttachStdout": True,
        "Tty": False,
        "HostConfig": {
            **_confined(blueprint),
            "Init": False,  # among another's processes it would be no init, and say so
            "CapAdd": sorted(blueprint.capabilities),
            "NetworkMode": f"container:{joins.network_of}" if joins.network_of else "none",
            "PidMode": f"container:{joins.pids_of}" if joins.pids_of else "",
            "CgroupParent": cgroup_parent or "",
        },
    }
    if blueprint.command is not None:
        body["Cmd"] = list(blueprint.command)
    return body


def _host_config(blueprint: Blueprint) -> dict[str, Any]:
    return {
        **_confined(blueprint),
        "NetworkMode": blueprint.network,
        "Init": True,
        "CapAdd": sorted({*KEPT_CAPABILITIES, *blueprint.capabilities}),
        "Dns": list(blueprint.nameservers),
        "DnsSearch": list(blueprint.search),
        "PortBindings": _bindings(blueprint),
        "Mounts": [_mount(mount) for mount in blueprint.mounts],
    }


def _confined(blueprint: Blueprint) -> dict[str, Any]:
    """What bounds anything of ours."""
    resources = blueprint.resources
    config: dict[str, Any] = {
        "RestartPolicy": {"Name": "no"},
        "Privileged": False,
        "SecurityOpt": ["no-new-privileges"],
        "CapDrop": ["ALL"],
        "PidsLimit": resources.pids,
        "LogConfig": _LOGS,
    }
    if resources.memory_bytes is not None:
        # The same limit with swap included: a limit that swaps instead of biting tells nobody of the leak.
        config["Memory"] = config["MemorySwap"] = resources.memory_bytes
    if resources.cpus is not None:
        config["NanoCpus"] = round(resources.cpus * 1e9)
    return config


def _endpoint(blueprint: Blueprint) -> dict[str, Any]:
    return {} if blueprint.address is None else {"IPAMConfig": {"IPv4Address": blueprint.address}}


def _bindings(blueprint: Blueprint) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port, host_port in blueprint.published:
        key = f"{port.container}/{port.protocol}"
        bindings.setdefault(key, []).append({"HostIp": port.host_ip, "HostPort": str(host_port)})
    return bindings


def _mount(mount: Mount) -> dict[str, Any]:
    return {
        "Type": "bind" if mount.host_path else "volume",
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
    }
