"""Keys that are unknown, missing, forbidden or not there yet."""

import pytest

from tests.unit.spec.refusals import ONE, assert_refused

KEYS = {
    "no image": ("size: 1\n", "1:1: `image` is missing; add `image: nginx:1.27`"),
    "no size": ("# c\nimage: a\n", "2:1: `size` is missing; add `size: 1`"),
    "a mistyped key": (f"{ONE}sizes: 3\n", "3:1: sizes: unknown key; did you mean `size`?"),
    "another case": (f"{ONE}dependsOn: [a]\n", "3:1: dependsOn: unknown key; did you mean `depends_on`?"),
    "a word from elsewhere": (f"{ONE}replicas: 3\n", "3:1: replicas: unknown key; did you mean `size`?"),
    "a nested mistyped key": (
        f"{ONE}stop: {{graces: 1s}}\n",
        "3:8: stop.graces: unknown key; did you mean `grace`?",
    ),
    "a key at the wrong level": (
        f"{ONE}interval: 1s\n",
        "3:1: interval: unknown key here; it belongs under `health.heartbeat`",
    ),
    "a key like nothing": (
        f"{ONE}ssh: {{authorized_keys: k, zzz: 1}}\n",
        "3:27: ssh.zzz: unknown key; the keys here are authorized_keys",
    ),
    "privileged": (
        f"{ONE}privileged: true\n",
        "3:1: privileged: policy: containers never run privileged; remove it",
    ),
    "capabilities": (f"{ONE}cap_add: [ALL]\n", "3:1: cap_add: policy: the capabilities are fixed; remove it"),
    "the host's network": (
        f"{ONE}network_mode: host\n",
        "3:1: network_mode: policy: every container is on its environment's network; remove it",
    ),
    "a restart policy": (
        f"{ONE}restart: always\n",
        "3:1: restart: policy: the reconciler is the only one that restarts; remove it",
    ),
    "another kind": (
        f"{ONE}kind: Deployment\n",
        "3:7: kind: `Deployment` is not one of ClusterSpec, TaskSpec; write ClusterSpec or TaskSpec",
    ),
    "another version": (
        f"{ONE}apiVersion: v2\n",
        "3:13: apiVersion: `v2` is not known; write reconciler/v1, or leave the key out",
    ),
}


@pytest.mark.parametrize(("text", "line"), KEYS.values(), ids=KEYS)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(text, line)
