"""Every bad input gives exactly one line: where, what, and what to do."""

import pytest

from reconciler.errors import SpecError
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy

OK = "image: nginx:1.27\nsize: 3\n"
ONE = "image: nginx:1.27\nsize: 1\n"
LABEL = "use a to z, 0 to 9 and hyphens inside, as in `web-app`"
PORT = 'write 8080, "8081:8080", "127.0.0.1:8081:8080" or "8081-8083:8080", with /udp if need be'
DELETE = "delete the file to remove the cluster"

WHOLE_FILE = {
    "an empty file": (b"", f"1:1: the file is empty; {DELETE}"),
    "white space": (b" \n\t\n\r\n", f"1:1: the file is empty; {DELETE}"),
    "a byte order mark alone": (b"\xef\xbb\xbf", f"1:1: the file is empty; {DELETE}"),
    "comments only": (b"# a\n\n  # b\n", f"1:1: the file holds only comments; {DELETE}"),
    "a document marker alone": (b"---\n# nothing\n", f"1:1: the file holds only comments; {DELETE}"),
    "two megabytes": (
        b"#" * 2_000_000,
        "1:1: 2000000 bytes; the limit is 64 KiB; a spec describes one cluster: split it",
    ),
    "one byte above the limit": (
        OK.encode() + b"#" * (65537 - len(OK)),
        "1:1: 65537 bytes; the limit is 64 KiB; a spec describes one cluster: split it",
    ),
    "a NUL": (
        b"image: a\x00b\nsize: 1\n",
        "1:9: a NUL byte at byte offset 8; remove it; is this a text file?",
    ),
    "a NUL behind wide characters": (
        "image: ä€\0\n".encode(),
        "1:10: a NUL byte at byte offset 12; remove it; is this a text file?",
    ),
    "Latin-1": (
        b"image: a\n# \xe4\nsize: 1\n",
        "2:3: not UTF-8: byte 0xe4 at byte offset 11; save the file as UTF-8",
    ),
    "a character cut in two": (
        b"image: a\nsize: 1 # \xe2\x82",
        "2:11: not UTF-8: byte 0xe2 at byte offset 19; save the file as UTF-8",
    ),
    "UTF-16": (OK.encode("utf-16"), "1:1: this is UTF-16; save the file as UTF-8"),
    "a control character": (
        b"image: a\x07\nsize: 1\n",
        "1:9: a control character (U+0007); remove it; is this a text file?",
    ),
}

YAML = {
    "a lone carriage return": (
        "image: a\rsize: 1\n",
        "1:9: a line end that isn't one everywhere (U+000D); end lines with LF",
    ),
    "a line separator in a comment": (
        "image: a # x\u2028size: 1\n",
        "1:13: a line end that isn't one everywhere (U+2028); end lines with LF",
    ),
    "a tab as a space": ("image:\ta\nsize: 1\n", "1:7: a tab where YAML wants spaces; use spaces"),
    "a tab as indentation": ("image: a\nstop:\n\tgrace: 1s\n", "3:1: a tab in the indentation; use spaces"),
    "a tab behind spaces": ("image: a\nstop:\n  \tgrace: 1s\n", "3:3: a tab in the indentation; use spaces"),
    "a truncated list": (
        "image: a\nzones: [a,",
        "2:8: incomplete: the list that begins here is never closed; close it with `]`",
    ),
    "a truncated mapping": (
        "image: a\nstop: {grace: 1s",
        "2:7: incomplete: the mapping that begins here is never closed; close it with `}`",
    ),
    "a truncated list in a mapping": (
        "{image: a, zones: [a",
        "1:19: incomplete: the list that begins here is never closed; close it with `]`",
    ),
    "an open quote": (
        'image: "a\nsize: 1\n',
        "1:8: incomplete: the quoted text that begins here is never closed; close the quote",
    ),
    "a bracket of the other kind": (
        "zones: [a}\n",
        "1:10: a comma or a closing bracket is missing here; separate the items with `, `",
    ),
    "a bare key": (
        "image: a\nsize\nzones: [a]\n",
        "2:1: a key without `:`; write `key: value`",
    ),
    "a colon inside a value": (
        "image: a: b\n",
        "1:9: a `:` that makes no sense here; check the indentation, or quote a value that holds `: `",
    ),
    "uneven indentation": (
        "image: a\nstop:\n   grace: 1s\n  drain: 1s\n",
        "4:3: this line does not fit the lines above it; give keys of one mapping the same indentation",
    ),
    "a reserved character": ("image: @a\n", "1:8: a value can't begin with `@`; quote the value"),
    "a backquote": ("image: `a`\n", "1:8: a value can't begin with ```; quote the value"),
    "an unknown escape": (
        'image: "a\\q"\n',
        "1:11: an escape that \"…\" does not know; use '…' quotes, or write \\\\ for a backslash",
    ),
    "a character beyond Unicode": (
        'image: "\\U00110000"\n',
        "1:1: this can't be read as YAML; look for unusual escapes in quoted text",
    ),
    "half a character": (
        f'{ONE}command: ["\\ud800"]\n',
        "3:11: command[0]: an escape makes a character that text can't hold; remove it",
    ),
    "an escaped NUL": (
        f'{ONE}environment: {{A: "\\0"}}\n',
        "3:18: environment.A: an escape makes a character that text can't hold; remove it",
    ),
    "a duplicate key": (
        "size: 1\nimage: a\nsize: 3\n",
        "3:1: size: given twice, in line 1 and in line 3; keep one of them",
    ),
    "a duplicate key, quoted": (
        'image: a\nsize: 1\n"size": 3\n',
        "3:1: size: given twice, in line 2 and in line 3; keep one of them",
    ),
    "a nested duplicate key": (
        f"{ONE}stop:\n  grace: 1s\n  grace: 2s\n",
        "5:3: stop.grace: given twice, in line 4 and in line 5; keep one of them",
    ),
    "an anchor": (
        f"{ONE}zones: &z [a]\n",
        "3:8: zones: the anchor `&z` is forbidden; remove it; write repeated values out",
    ),
    "an alias": (
        f"{ONE}zones: *z\n",
        "3:8: zones: the alias `*z` is forbidden; write the value out",
    ),
    "a merge key": (
        f"{ONE}stop:\n  <<: {{grace: 1s}}\n",
        "4:3: stop: the merge key `<<` is forbidden; write the keys out",
    ),
    "a Python object": (
        f"{ONE}command: !!python/object/apply:os.system [id]\n",
        (
            "3:10: command: the tag `!!python/object/apply:os.system` is forbidden; "
            "remove it; values are plain YAML"
        ),
    ),
    "a local tag": (
        "image: !env IMAGE\nsize: 1\n",
        "1:8: image: the tag `!env` is forbidden; remove it; values are plain YAML",
    ),
    "even a harmless tag": (
        "image: a\nsize: !!int 3\n",
        "2:7: size: the tag `!!int` is forbidden; remove it; values are plain YAML",
    ),
    "two documents": (
        f"{ONE}---\n{ONE}",
        "3:1: a second document begins here; one file, one cluster: make it a file of its own",
    ),
    "a document behind the end": (
        f"{ONE}...\n{ONE}",
        "4:1: a second document begins here; one file, one cluster: make it a file of its own",
    ),
    "YAML 1.1": (
        f"%YAML 1.1\n---\n{ONE}",
        "1:1: YAML directives are not used here; remove this line; specs are YAML 1.2",
    ),
    "a tag directive": (
        f"# c\n%TAG ! tag:a,2000:\n---\n{ONE}",
        "2:1: YAML directives are not used here; remove this line; specs are YAML 1.2",
    ),
    "a list as a key": (f"{ONE}[a]: b\n", "3:1: a key must be a word; write `key: value`"),
    "nothing as a key": (f"{ONE}: b\n", "3:1: a key must be a word; write `key: value`"),
    "deep nesting": (
        f"{ONE}command: " + "[" * 100 + "]" * 100,
        "3:26: nested more than 16 levels deep; no spec needs that; see `reconciler schema`",
    ),
    "a list at the root": (
        "- image: a\n",
        (
            "1:1: a mapping is expected, not a list; "
            "write `key: value` lines, beginning with `image:` and `size:`"
        ),
    ),
    "a word at the root": (
        "hello\n",
        (
            "1:1: a mapping is expected, not a single value; "
            "write `key: value` lines, beginning with `image:` and `size:`"
        ),
    ),
}

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
    "autoscale": (
        f"{ONE}autoscale: {{min: 1}}\n",
        "3:1: autoscale: does not work yet; set size by hand, or with `reconciler scale`",
    ),
    "chaos": (f"{ONE}chaos: {{enabled: true}}\n", "3:1: chaos: does not work yet; remove it"),
    "rollback": (
        f"{ONE}rollout: {{rollback: true}}\n",
        "3:11: rollout.rollback: does not work yet; remove it",
    ),
    "deadline": (
        f"{ONE}rollout: {{deadline: 5m}}\n",
        "3:11: rollout.deadline: does not work yet; remove it",
    ),
    "a task": (f"{ONE}kind: TaskSpec\n", "3:7: kind: `TaskSpec` does not work yet; write ClusterSpec"),
    "canary": (
        f"{ONE}rollout: {{strategy: canary}}\n",
        "3:21: rollout.strategy: `canary` does not work yet; write rolling or in-place",
    ),
    "red-black": (
        f"{ONE}rollout: {{strategy: red-black}}\n",
        "3:21: rollout.strategy: `red-black` does not work yet; write rolling or in-place",
    ),
    "another kind": (
        f"{ONE}kind: Deployment\n",
        "3:7: kind: `Deployment` is not known; write ClusterSpec, or leave the key out",
    ),
    "another version": (
        f"{ONE}apiVersion: v2\n",
        "3:13: apiVersion: `v2` is not known; write reconciler/v1, or leave the key out",
    ),
}

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

NAMES = {
    "a name that leaves": (f"{ONE}name: ../x\n", f"3:7: name: `../x` is not a DNS label; {LABEL}"),
    "a zone with a command": (f"{ONE}zones: [a;rm]\n", f"3:9: zones[0]: `a;rm` is not a DNS label; {LABEL}"),
    "upper case": (f"{ONE}zones: [AZ1]\n", f"3:9: zones[0]: `AZ1` is not a DNS label; {LABEL}"),
    "a hyphen at the end": (f"{ONE}dns: web-\n", f"3:6: dns: `web-` is not a DNS label; {LABEL}"),
    "letters from elsewhere": (f"{ONE}dns: wéb\n", f"3:6: dns: `wéb` is not a DNS label; {LABEL}"),
    "a label with a line break": (f'{ONE}dns: "web\\n"\n', f"3:6: dns: `web\\n` is not a DNS label; {LABEL}"),
    "a name for another file": (
        f"{ONE}name: other\n",
        "3:7: name: `other` differs from the file's name `webapp`; make them equal, or leave `name` out",
    ),
    "a name like a revision": (
        f"{ONE}name: v000\n",
        "3:7: name: `v000` looks like a revision; choose a name that isn't v followed by digits",
    ),
    "a star": (f"{ONE}dns: '*'\n", "3:6: dns: `*` is a SkyDNS wildcard; choose another name"),
    "any": (f"{ONE}dns: any\n", "3:6: dns: `any` is a SkyDNS wildcard; choose another name"),
    "all": (f"{ONE}dns: all\n", "3:6: dns: `all` is a SkyDNS wildcard; choose another name"),
    "a wildcard as a zone": (
        f"{ONE}zones: [any]\n",
        "3:9: zones[0]: `any` is a SkyDNS wildcard; choose another name",
    ),
    "localhost": (
        f"{ONE}dns: localhost\n",
        "3:6: dns: `localhost` is every container's own name; choose another name",
    ),
    "64 characters": (
        f"{ONE}dns: {'a' * 64}\n",
        "3:6: dns: 64 characters; a DNS label has at most 63; choose a shorter name",
    ),
    "an instance's name too long": (
        f"{OK}dns: {'a' * 63}\n",
        "3:6: dns: instance names such as `…4` would exceed 63 characters; use at most 62",
    ),
    "a foreign domain": (
        f"{ONE}dns: google.com\n",
        (
            "3:6: dns: `google.com` lies outside the environment's domain: dots are not allowed; "
            "give one label, as in `web-app`"
        ),
    ),
    "a zone named like an instance": (
        f"{ONE}zones: [webapp1]\n",
        "3:9: zones[0]: the zone `webapp1` has the name of instance 1; choose another name or `dns`",
    ),
    "itself as a dependency": (
        f"{ONE}depends_on: [webapp]\n",
        "3:14: depends_on[0]: a cluster can't depend on itself; remove it",
    ),
    "a dependency twice": (
        f"{ONE}depends_on: [b, b]\n",
        "3:17: depends_on[1]: `b` is a duplicate; name each one once",
    ),
    "a dependency that is no name": (
        f"{ONE}depends_on: [a/b]\n",
        f"3:14: depends_on[0]: `a/b` is not a DNS label; {LABEL}",
    ),
    "an image with a command": (
        "image: nginx;id\nsize: 1\n",
        "1:8: image: `nginx;id` is not an image reference; write repository:tag, as in `nginx:1.27`",
    ),
    "an image in upper case": (
        "image: Nginx\nsize: 1\n",
        "1:8: image: `Nginx` is not an image reference: repositories are lower case; write `nginx`",
    ),
    "an image's address": (
        "image: https://a.example/b\nsize: 1\n",
        (
            "1:8: image: `https://a.example/b` is not an image reference but an address; "
            "leave out the part up to `://`"
        ),
    ),
    "an image with an empty tag": (
        "image: 'nginx:'\nsize: 1\n",
        "1:8: image: `nginx:` is not an image reference; write repository:tag, as in `nginx:1.27`",
    ),
    "a short digest": (
        "image: nginx@sha256:abc\nsize: 1\n",
        "1:8: image: `nginx@sha256:abc` is not an image reference; write repository:tag, as in `nginx:1.27`",
    ),
    "the zone's variable": (
        f"{ONE}environment: {{az_name: x}}\n",
        "3:15: environment.az_name: reserved: the reconciler sets it; choose another name",
    ),
    "the user data": (
        f"{ONE}environment: {{user_data: x}}\n",
        "3:15: environment.user_data: reserved: the reconciler sets it; choose another name",
    ),
    "a CLOUD_ variable": (
        f"{ONE}environment: {{CLOUD_APP: x}}\n",
        "3:15: environment.CLOUD_APP: reserved: the reconciler sets it; choose another name",
    ),
    "a RECONCILER_ variable": (
        f"{ONE}environment: {{RECONCILER_TOKEN: x}}\n",
        "3:15: environment.RECONCILER_TOKEN: reserved: the reconciler sets it; choose another name",
    ),
    "a variable with =": (
        f"{ONE}environment: {{A=B: x}}\n",
        (
            "3:15: environment.A=B: not a name for an environment variable; "
            "use letters, digits and _, not beginning with a digit"
        ),
    ),
    "a secret's name with a slash": (
        f"{ONE}secrets: {{../x: a}}\n",
        (
            "3:11: secrets.../x: not a name for a secret; "
            "use letters, digits, `.`, `_` and `-`, at most 63 characters"
        ),
    ),
    "a secret outside": (
        f"{ONE}secrets: {{x: ../a}}\n",
        "3:14: secrets.x: `../a` leaves the specs directory; remove the `..`",
    ),
    "a secret from the root": (
        f"{ONE}secrets: {{x: /etc/shadow}}\n",
        (
            "3:14: secrets.x: `/etc/shadow` is outside the specs directory; "
            "give a path relative to it, or use --secrets-dir"
        ),
    ),
    "a secret from home": (
        f"{ONE}secrets: {{x: ~/a}}\n",
        (
            "3:14: secrets.x: `~/a` is outside the specs directory; "
            "give a path relative to it, or use --secrets-dir"
        ),
    ),
    "a secret that is a directory": (
        f"{ONE}secrets: {{x: a/}}\n",
        "3:14: secrets.x: `a/` names no file; give a path such as `secrets/db-password`",
    ),
    "keys outside": (
        f"{ONE}ssh: {{authorized_keys: a/../../b}}\n",
        "3:24: ssh.authorized_keys: `a/../../b` leaves the specs directory; remove the `..`",
    ),
    "ssh without keys": (
        f"{ONE}ssh: {{}}\n",
        "3:6: ssh: `authorized_keys` is missing; add `authorized_keys: …`",
    ),
}

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
        (
            "3:11: volumes[0]: mounting `/run` is forbidden: "
            "an engine's socket is root on the host; remove this volume"
        ),
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
        "4:21: rollout.strategy: `rolling` can't be: volumes imply in-place; write in-place, or leave it out",
    ),
    "surge with volumes": (
        f"{ONE}volumes: ['a:/x']\nrollout: {{surge: 1}}\n",
        "4:18: rollout.surge: 1 can't be: volumes imply in-place; write 0, or leave it out",
    ),
    "nothing unavailable with a host port": (
        f"{ONE}ports: ['81:80']\nrollout: {{unavailable: 0}}\n",
        "4:24: rollout.unavailable: 0 can't be: published ports imply in-place; write 1 or more, or leave it out",
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

TEXTS = YAML | KEYS | TYPES | NAMES | PORTS | VOLUMES | TOGETHER


def lines_of(data: bytes, policy: Policy | None = None, file: str = "specs/webapp.yaml") -> list[str]:
    with pytest.raises(SpecError) as refused:
        parse_cluster(data, file=file, policy=policy or Policy())
    return str(refused.value).splitlines()


@pytest.mark.parametrize(("data", "line"), WHOLE_FILE.values(), ids=WHOLE_FILE)
def test_bytes_that_are_no_spec_are_refused(data: bytes, line: str) -> None:
    assert lines_of(data) == [f"specs/webapp.yaml:{line}"]


@pytest.mark.parametrize(("text", "line"), TEXTS.values(), ids=TEXTS)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    found = lines_of(text.encode())
    assert f"specs/webapp.yaml:{line}" in found
    others = [said for said in found if said != f"specs/webapp.yaml:{line}"]
    # The short examples leave out one required key or the other; nothing else may be said about them.
    assert all("` is missing; add" in said for said in others), others


def test_a_tag_alone_is_refused_where_the_policy_wants_digests() -> None:
    assert lines_of(ONE.encode(), Policy(require_digest=True)) == [
        (
            "specs/webapp.yaml:1:8: image: policy: a tag can be moved, so images are pinned by digest here; "
            "append @sha256:… to it"
        )
    ]


def test_a_socket_is_refused_even_under_an_allowed_path() -> None:
    text = f"{ONE}volumes: ['/run/docker.sock:/s', '/:/host']\n"
    found = lines_of(text.encode(), Policy(allow_paths=("/",)))
    assert ["is forbidden: an engine's socket" in line for line in found] == [True, True]


def test_a_neighbour_of_an_allowed_path_is_not_allowed() -> None:
    text = f"{ONE}volumes: ['/srv/database:/x']\n"
    assert "policy: the host path" in lines_of(text.encode(), Policy(allow_paths=("/srv/data",)))[0]


def test_all_problems_of_a_file_come_at_once_in_the_order_of_its_lines() -> None:
    text = "image: Nginx\nsize: '3'\nzones: []\nsizes: 1\nstop: {grace: 5}\nenvironment: {az_name: x}\nports: [0]\n"
    assert [line.split(":")[1] for line in lines_of(text.encode())] == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_file_whose_name_is_no_label_is_told_to_change_its_name() -> None:
    assert lines_of(ONE.encode(), file="specs/Web App.yaml") == [
        (
            f"specs/Web App.yaml:1:1: the file's name gives the cluster's: `Web App` is not a DNS label; "
            f"rename the file: {LABEL}"
        )
    ]


def test_text_from_no_file_needs_a_name() -> None:
    assert lines_of(ONE.encode(), file="-") == [
        "-:1:1: `name` is missing; add `name: …`, because no file gives one"
    ]


def test_a_message_is_one_printable_line_whatever_the_value() -> None:
    text = f'{ONE}zones: ["\\e[31m\\r\\nred{"x" * 200}"]\n'
    (line,) = lines_of(text.encode())
    assert line.isprintable()
    assert len(line) < 200
