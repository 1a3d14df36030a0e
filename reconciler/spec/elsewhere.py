"""Keys and values that people bring along: what policy forbids, what it is called here.

Before: sentences. After: nothing. Tables only.
"""

from collections.abc import Mapping

FORBIDDEN: Mapping[str, str] = {
    "privileged": "containers never run privileged",
    "cap_add": "the capabilities are fixed",
    "capabilities": "the capabilities are fixed",
    "devices": "containers get no devices of the host",
    "device_cgroup_rules": "containers get no devices of the host",
    "security_opt": "the security options are fixed",
    "network_mode": "every container is on its environment's network",
    "networks": "every container is on its environment's network",
    "pid": "containers keep to their own processes",
    "ipc": "containers keep to their own memory",
    "userns_mode": "containers keep to their own users",
    "cgroup_parent": "the control groups are the engine's",
    "sysctls": "the kernel's settings are fixed",
    "restart": "the reconciler is the only one that restarts",
    "restart_policy": "the reconciler is the only one that restarts",
}

OPPOSITES: Mapping[str, str] = {
    "chaos.monkey.leashed": "it is leashed unless `unleashed: true` is given",
}
"""Keys by their path that look like one of ours and mean the contrary: nobody is led to that one."""

NOT_OF_A_TASK: Mapping[str, str] = {
    "dns": "its one instance is named after the file",
    "ports": "it serves nobody",
    "start": "it has one instance",
    "health": "it is ready when it exited 0, and `deadline` bounds a run",
    "rollout": "a change stops the run and starts it again",
    "autoscale": "it has one instance",
    "discovery": "it serves nobody",
    "traffic": "it serves nobody",
}
"""Keys that only a cluster of instances has, each with what is so of a task instead."""

SYNONYMS: Mapping[str, str] = {
    "replicas": "size",
    "count": "size",
    "scale": "size",
    "instances": "size",
    "env": "environment",
    "environments": "environment",
    "cmd": "command",
    "args": "command",
    "entrypoint": "command",
    "limits": "resources",
    "healthcheck": "health",
    "availability_zones": "zones",
    "azs": "zones",
    "mounts": "volumes",
    "pull_policy": "pull",
    "update": "rollout",
    "deploy": "rollout",
    "hostname": "dns",
    "mem": "memory",
    "mem_limit": "memory",
    "cpu": "cpus",
    "pids_limit": "pids",
    "max_surge": "surge",
    "maxSurge": "surge",
    "max_unavailable": "unavailable",
    "maxUnavailable": "unavailable",
    "retries": "misses",
    "backoffLimit": "retries",
    "backoff_limit": "retries",
    "max_attempts": "retries",
    "attempts": "retries",
    "activeDeadlineSeconds": "deadline",
    "active_deadline": "deadline",
    "period": "interval",
    "start_period": "start",
    "dependsOn": "depends_on",
    "container_port": "port",
    "autoscaling": "autoscale",
    "hpa": "autoscale",
    "scaling": "autoscale",
    "minimum": "min",
    "minReplicas": "min",
    "min_replicas": "min",
    "maximum": "max",
    "maxReplicas": "max",
    "max_replicas": "max",
    "scale_out_cooldown": "cooldown_out",
    "scale_in_cooldown": "cooldown_in",
    "progressDeadlineSeconds": "deadline",
    "progress_deadline": "deadline",
    "auto_rollback": "rollback",
    "blue_green": "red-black",
    "blue-green": "red-black",
    "pause": "paused",
    "percent": "size",
    "weight": "size",
    "application": "app",
    "service_discovery": "discovery",
    "url": "path",
}
"""What others call it, and what it is called here; suggested only where the second one may stand."""

VALUE_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "rollout.strategy": {
        "blue-green": "red-black",
        "blue/green": "red-black",
        "bluegreen": "red-black",
        "red/black": "red-black",
        "recreate": "in-place",
        "rollingupdate": "rolling",
    },
}
"""By the key's path, in lower case: the same for values."""
