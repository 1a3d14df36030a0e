"""Names, images and files that can't be, and what concerns a file as a whole."""

import pytest

from reconciler.spec.policy import Policy
from tests.unit.spec.refusals import LABEL, OK, ONE, assert_refused, lines_of

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
    "what SkyDNS keeps for itself": (
        f"{ONE}dns: dns\n",
        "3:6: dns: `dns` is reserved by SkyDNS for its name servers; give another `dns`",
    ),
    "a label whose instances look like revisions": (
        f"{ONE}dns: v1\n",
        "3:6: dns: instances of `v1` would be called like revisions, as in `v1100`; give another `dns`",
    ),
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
        ("1:8: image: `https://a.example/b` is not an image reference but an address; leave out the part up to `://`"),
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
        ("3:11: secrets.../x: not a name for a secret; use letters, digits, `.`, `_` and `-`, at most 63 characters"),
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
        ("3:14: secrets.x: `~/a` is outside the specs directory; give a path relative to it, or use --secrets-dir"),
    ),
    "a secret that is a directory": (
        f"{ONE}secrets: {{x: a/}}\n",
        "3:14: secrets.x: `a/` names no file; give a path such as `secrets/db-password`",
    ),
    "keys outside": (
        f"{ONE}ssh: {{authorized_keys: a/../../b}}\n",
        "3:24: ssh.authorized_keys: `a/../../b` leaves the specs directory; remove the `..`",
    ),
}


@pytest.mark.parametrize(("text", "line"), NAMES.values(), ids=NAMES)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(text, line)


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
    text = "image: Nginx\nsize: '3'\nzones: []\nsizes: 1\nstop: {grace: 5}\n"
    text += "environment: {az_name: x}\nports: [0]\n"
    assert [line.split(":")[1] for line in lines_of(text.encode())] == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_file_whose_name_is_no_label_is_told_to_change_its_name() -> None:
    assert lines_of(ONE.encode(), file="specs/Web App.yaml") == [
        (
            f"specs/Web App.yaml:1:1: the file's name gives the cluster's: `Web App` is not a DNS label; "
            f"rename the file: {LABEL}"
        )
    ]


def test_text_from_no_file_needs_a_name() -> None:
    assert lines_of(ONE.encode(), file="-") == ["-:1:1: `name` is missing; add `name: …`, because no file gives one"]


def test_a_message_is_one_printable_line_whatever_the_value() -> None:
    text = f'{ONE}zones: ["\\e[31m\\r\\nred{"x" * 200}"]\n'
    (line,) = lines_of(text.encode())
    assert line.isprintable()
    assert len(line) < 200
