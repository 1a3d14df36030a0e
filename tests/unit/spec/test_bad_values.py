"""Values of the wrong type or out of range."""

import pytest

from tests.unit.spec.refusals import ONE, assert_refused

TYPES = {
    "a negative size": ("image: a\nsize: -1\n", "2:7: size: -1 is too small; use 0 or more"),
    "a quoted size": ('image: a\nsize: "3"\n', '2:7: size: "3" is text, not a whole number; unquote it: 3'),
    "a quoted boolean": (
        f'{ONE}suspend: "true"\n',
        '3:10: suspend: "true" is text, not true or false; unquote it: true',
    ),
    "a huge size": ("image: a\nsize: 1e9\n", "2:7: size: `1e9` exceeds the maximum; use 1000 or less"),
    "digits without end": (
        "image: a\nsize: " + "9" * 5000,
        f"2:7: size: a whole number is expected, not `{'9' * 39}…`; write a number such as 3",
    ),
    "a fractional size": (
        "image: a\nsize: 1.5\n",
        "2:7: size: a whole number is expected, not `1.5`; write a number such as 3",
    ),
    "an infinite size": (
        "image: a\nsize: .inf\n",
        "2:7: size: a whole number is expected, not `.inf`; write a number such as 3",
    ),
    "not a number": (
        f"{ONE}resources: {{cpus: .nan}}\n",
        "3:19: resources.cpus: `.nan` is not a number that can be used; give a plain number",
    ),
    "infinite processors": (
        f"{ONE}resources: {{cpus: .inf}}\n",
        "3:19: resources.cpus: `.inf` exceeds the maximum; use 1024 or less",
    ),
    "a boolean size": (
        "image: a\nsize: true\n",
        "2:7: size: a whole number is expected, not true; write a number such as 3",
    ),
    "a missing value": (
        "image: a\nsize:\n",
        "2:6: size: nothing is given; a whole number is expected; give a value or remove the key",
    ),
    "an underscored number": (
        "image: a\nsize: 1_0\n",
        "2:7: size: a whole number is expected, not `1_0`; write a number such as 3",
    ),
    "a time for a number": (
        "image: a\nsize: 12:30\n",
        "2:7: size: a whole number is expected, not `12:30`; write a number such as 3",
    ),
    "no for false": (
        f"{ONE}suspend: no\n",
        "3:10: suspend: true or false is expected, not `no`; write true or false",
    ),
    "a number as a name": (
        f"{ONE}zones: [1]\n",
        '3:9: zones[0]: 1 is a number, not text; quote it: "1"',
    ),
    "an image that is a number": (
        "image: 1.10\nsize: 1\n",
        '1:8: image: 1.10 is a number, not text; quote it: "1.10"',
    ),
    "a boolean as a name": (
        f"{ONE}zones: [True]\n",
        '3:9: zones[0]: True is a boolean, not text; quote it: "True"',
    ),
    "a command as a line": (
        f"{ONE}command: sleep 1\n",
        "3:10: command: a list is expected, not `sleep 1`; write [a, b] or lines beginning with `- `",
    ),
    "an environment as a list": (
        f"{ONE}environment: [A=1]\n",
        "3:14: environment: a mapping is expected, not a list; write indented `key: value` lines",
    ),
    "a variable without a value": (
        f"{ONE}environment:\n  A:\n  B: 1\n",
        (
            "4:5: environment.A: nothing is given; text or a number or true or false is expected; "
            "give a value or remove the key"
        ),
    ),
    "a duration without a unit": (
        f"{ONE}stop: {{grace: 5}}\n",
        "3:15: stop.grace: 5 has no unit; write 5s for seconds",
    ),
    "a quoted duration without a unit": (
        f'{ONE}stop: {{grace: "5"}}\n',
        "3:15: stop.grace: `5` has no unit; write 5s for seconds",
    ),
    "an unknown unit": (
        f"{ONE}stop: {{grace: 5y}}\n",
        "3:15: stop.grace: `5y` is not a duration; write a duration such as 500ms, 1s, 2m or 1m30s",
    ),
    "a negative duration": (
        f"{ONE}stop: {{grace: -5s}}\n",
        "3:15: stop.grace: `-5s` is not a duration; write a duration such as 500ms, 1s, 2m or 1m30s",
    ),
    "a long duration": (
        f"{ONE}stop: {{grace: 2h}}\n",
        "3:15: stop.grace: `2h` is out of range; use 0s to 1h",
    ),
    "a duration of many digits": (
        f"{ONE}stop: {{grace: {'9' * 400}s}}\n",
        "3:15: stop.grace: not a duration such as 500ms, 1s or 2m; write the number and its unit",
    ),
    "a tight interval": (
        f"{ONE}health: {{heartbeat: {{interval: 1ms}}}}\n",
        "3:32: health.heartbeat.interval: `1ms` is out of range; use 100ms to 1h",
    ),
    "little memory": (
        f"{ONE}resources: {{memory: 1MiB}}\n",
        "3:21: resources.memory: `1MiB` is out of range; use 6MiB to 64TiB",
    ),
    "few bytes": (
        f"{ONE}resources: {{memory: 256}}\n",
        "3:21: resources.memory: `256` is out of range; use 6MiB to 64TiB",
    ),
    "memory in words": (
        f"{ONE}resources: {{memory: plenty}}\n",
        "3:21: resources.memory: `plenty` is not a size; write a size such as 256MiB, 512m or 1g",
    ),
    "no processors": (
        f"{ONE}resources: {{cpus: 0}}\n",
        "3:19: resources.cpus: 0 is too small; use 0.01 or more",
    ),
    "no processes": (
        f"{ONE}resources: {{pids: 1}}\n",
        "3:19: resources.pids: 1 is too small; use 2 or more",
    ),
    "no zones": (
        f"{ONE}zones: []\n",
        "3:8: zones: an empty list; at least one is needed; name one or remove the key",
    ),
    "a zone twice": (f"{ONE}zones: [a, a]\n", "3:12: zones[1]: `a` is a duplicate; name each one once"),
    "too many zones": (
        f"{ONE}zones: [{', '.join(f'z{n}' for n in range(33))}]\n",
        "3:8: zones: 33 items; at most 32 are possible; remove some",
    ),
    "an order that isn't": (
        f"{ONE}start: serial\n",
        "3:8: start: `serial` is not one of parallel, ordered; write parallel or ordered",
    ),
    "a mistyped choice": (
        f"{ONE}pull: alway\n",
        "3:7: pull: `alway` is not one of missing, always, never; did you mean `always`?",
    ),
    "no command": (
        f"{ONE}command: []\n",
        "3:10: command: an empty list; at least one is needed; name one or remove the key",
    ),
    "an empty image": ('image: ""\nsize: 1\n', "1:8: image: empty text; give a value or remove the key"),
}


@pytest.mark.parametrize(("text", "line"), TYPES.values(), ids=TYPES)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(text, line)
