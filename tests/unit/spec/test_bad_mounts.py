"""Ports and volumes that can't be, and keys that can't stand together."""

import pytest

from tests.unit.spec.refusals import OK, ONE, assert_refused

PORT = 'write 8080, "8081:8080", "127.0.0.1:8081:8080" or "8081-8083:8080", with /udp if need be'

PORTS = {
    "a port above the range": (
        f"{ONE}ports: [65536]\n",
        "3:9: ports[0]: port 65536 is out of range; use 1 to 65535",
    ),
    "port 0": (f"{ONE}ports: [0]\n", "3:9: ports[0]: port 0 is out of range; use 1 to 65535"),
    "a host port above the range": (
        f"{ONE}ports: ['70000:80']\n",
        "3:9: ports[0]: port 70000 is out of range; use 1 to 65535",
    ),
    "a port in words": (f"{ONE}ports: [http]\n", f"3:9: ports[0]: `http` is not a port; {PORT}"),
    "too many parts": (f"{ONE}ports: ['1:2:3:4']\n", f"3:9: ports[0]: `1:2:3:4` is not a port; {PORT}"),
    "an unknown protocol": (
        f"{ONE}ports: [80/sctp]\n",
        "3:9: ports[0]: `sctp` is not a protocol; write tcp or udp",
    ),
    "an address that isn't": (
        f"{ONE}ports: ['127.0.0.256:80:80']\n",
        "3:9: ports[0]: `127.0.0.256` is not an IP address; write 127.0.0.1, or 0.0.0.0 for all",
    ),
    "a backward range": (
        f"{ONE}ports: ['82-81:80']\n",
        "3:9: ports[0]: the range 82-81 runs backwards; write 81-82",
    ),
    "one host port for three": (
        f"{OK}ports: ['8081:80']\n",
        (
            "3:9: ports[0]: host port 8081 clashes: 3 instances can't share it; "
            'write "8081-8083:80", or remove the host port'
        ),
    ),
    "a short range": (
        f"{OK}ports: ['8081-8082:80']\n",
        '3:9: ports[0]: 2 host ports for 3 instances; write "8081-8083:80", or remove the host port',
    ),
    "no room for a range": (
        f"{OK}ports: ['65535:80']\n",
        "3:9: ports[0]: one host port for 3 instances; begin the range lower, or remove the host port",
    ),
    "a port twice": (
        f"{ONE}ports: [80, 80/tcp]\n",
        "3:13: ports[1]: port 80/tcp is a duplicate; name each one once",
    ),
    "a host port twice": (
        f"{ONE}ports: ['81:80', '0.0.0.0:81:82']\n",
        "3:18: ports[1]: host port 81 is taken twice in this file; choose another host port",
    ),
}

VOLUMES = {
    "the engine's socket": (
        f"{ONE}volumes: ['/var/run/docker.sock:/s']\n",
        (
            "3:11: volumes[0]: mounting `/var/run/docker.sock` is forbidden: "
            "an engine's socket is root on the host; remove this volume"
        ),
    ),
    "the socket by a detour": (
        f"{ONE}volumes: ['/a/..//var/run/./docker.sock:/s']\n",
        (
            "3:11: volumes[0]: mounting `/a/..//var/run/./docker.sock` is forbidden: "
            "an engine's socket is root on the host; remove this volume"
        ),
    ),
    "the socket's directory": (
        f"{ONE}volumes: ['/run:/s']\n",
        ("3:11: volumes[0]: mounting `/run` is forbidden: an engine's socket is root on the host; remove this volume"),
    ),
    "a host path": (
        f"{ONE}volumes: ['/etc:/x']\n",
        (
            "3:11: volumes[0]: policy: the host path `/etc` is not under an allowed one; "
            "use a named volume, or start the loop with --allow-path /etc"
        ),
    ),
    "a relative host path": (
        f"{ONE}volumes: ['./a:/x']\n",
        (
            "3:11: volumes[0]: the host path `./a` must be absolute and without `..`; "
            'write "name:/target" or "name:/target:ro"'
        ),
    ),
    "a relative target": (
        f"{ONE}volumes: ['a:x']\n",
        "3:11: volumes[0]: the target `x` is not absolute; write `/x`",
    ),
    "a target that leaves": (
        f"{ONE}volumes: ['a:/x/../y']\n",
        "3:11: volumes[0]: the target `/x/../y` holds `..`; write the path itself",
    ),
    "the root as a target": (
        f"{ONE}volumes: ['a:/']\n",
        "3:11: volumes[0]: the target `/` would hide the whole image; give a directory inside it",
    ),
    "a target over the secrets": (
        f"{ONE}volumes: ['a:/run/secrets/x']\n",
        "3:11: volumes[0]: the target `/run/secrets/x` hides /run/secrets; choose another target",
    ),
    "no target": (
        f"{ONE}volumes: [data]\n",
        '3:11: volumes[0]: `data` is not a volume; write "name:/target" or "name:/target:ro"',
    ),
    "an unknown mode": (
        f"{ONE}volumes: ['a:/x:z']\n",
        "3:11: volumes[0]: `z` is not a mode; append :ro, or nothing",
    ),
    "a strange name": (
        f"{ONE}volumes: ['A b:/x']\n",
        "3:11: volumes[0]: `A b` is not a volume's name; use a to z, 0 to 9, `_`, `.` and `-`",
    ),
    "a target twice": (
        f"{ONE}volumes: ['a:/x', 'b:/x/']\n",
        "3:19: volumes[1]: the target `/x` is a duplicate; mount one volume a target",
    ),
    "a volume twice": (
        f"{ONE}volumes: ['a:/x', 'a:/y']\n",
        "3:19: volumes[1]: the volume `a` is mounted twice; mount it once",
    ),
}

TOGETHER = {
    "http and tcp": (
        f"{ONE}health: {{http: {{port: 80}}, tcp: {{port: 80}}}}\n",
        "3:28: health.tcp: `http` and `tcp` can't stand together; keep one of them",
    ),
    "a probe without a port": (
        f"{ONE}health: {{tcp: {{}}}}\n",
        "3:15: health.tcp: `port` is missing; add `port: 8080`",
    ),
    "a probe of port 0": (
        f"{ONE}health: {{tcp: {{port: 0}}}}\n",
        "3:22: health.tcp.port: port 0 is out of range; use 1 to 65535",
    ),
    "a probe's path without a slash": (
        f"{ONE}health: {{http: {{port: 80, path: health}}}}\n",
        (
            "3:33: health.http.path: `health` is not a path; "
            "write a path such as /health, beginning with / and without spaces"
        ),
    ),
    "a path over two lines": (
        f'{ONE}health: {{http: {{port: 80, path: "/a\\n"}}}}\n',
        "3:33: health.http.path: the path holds a line break; write it on one line",
    ),
    "no misses": (
        f"{ONE}health: {{heartbeat: {{misses: 0}}}}\n",
        "3:30: health.heartbeat.misses: 0 is too small; use 1 or more",
    ),
    "rolling with volumes": (
        f"{ONE}volumes: ['a:/x']\nrollout: {{strategy: rolling}}\n",
        "4:21: rollout.strategy: `rolling` can't be: volumes imply in-place; write in-place or canary, or leave it out",
    ),
    "surge with volumes": (
        f"{ONE}volumes: ['a:/x']\nrollout: {{surge: 1}}\n",
        "4:18: rollout.surge: 1 can't be: volumes imply in-place; write 0, or leave it out",
    ),
    "nothing unavailable with a host port": (
        f"{ONE}ports: ['81:80']\nrollout: {{unavailable: 0}}\n",
        ("4:24: rollout.unavailable: 0 can't be: published ports imply in-place; write 1 or more, or leave it out"),
    ),
    "surge in place": (
        f"{ONE}rollout: {{strategy: in-place, surge: 2}}\n",
        "3:38: rollout.surge: 2 can't be: the strategy is in-place; write 0, or leave it out",
    ),
    "no way to change": (
        f"{ONE}rollout: {{surge: 0}}\n",
        "3:10: rollout: with surge 0 and unavailable 0 nothing could ever change; raise one of them",
    ),
}


TEXTS = PORTS | VOLUMES | TOGETHER


@pytest.mark.parametrize(("text", "line"), TEXTS.values(), ids=TEXTS)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(text, line)
