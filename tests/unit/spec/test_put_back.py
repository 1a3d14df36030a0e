"""Undo takes over what instances are made from and judged by, with its comments; everything else stays as it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import SpecError, UsageError
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.spec.put_back import TEMPLATE_KEYS, put_back, same_template

V1 = """\
# The shop's front.
# Ask the web team.
image: shop:1   # the one of May
size: 2

# What it may take.
resources: {memory: 64MiB}
environment:
  # how much it says
  LOG_LEVEL: info   # a word
health:
  http: {port: 8080, path: /health}
"""


def read(text: str) -> ClusterSpec:
    return parse_cluster(text.encode(), file="web.yaml", policy=Policy())


def test_only_the_keys_of_the_template_are_put_back_and_the_rest_stays_byte_for_byte() -> None:
    present = """\
# The shop's front.
# Ask the new team.
image: shop:2   # the one of June
size: 7   # it is summer

# What it may take.
resources:
  memory: 128MiB
  cpus: 0.5
environment:
  LOG_LEVEL: debug
  COLOUR: red
health:
  http: {port: 8080, path: /healthz}
# the end
"""
    assert (
        put_back(present, V1)
        == """\
# The shop's front.
# Ask the new team.
image: shop:1   # the one of May
size: 7   # it is summer

# What it may take.
resources: {memory: 64MiB}
environment:
  # how much it says
  LOG_LEVEL: info   # a word
health:
  http: {port: 8080, path: /health}
# the end
"""
    )


@pytest.mark.parametrize(
    ("present", "earlier", "after"),
    [
        ("image: a\nsize: 1\n", "image: a\nsize: 1\n", "image: a\nsize: 1\n"),
        ("image: b\nsize: 2\n", "image: a\nsize: 1\n", "image: a\nsize: 2\n"),
        ("image: b", "image: a\nsize: 1", "image: a\n"),
        ("size: 1\nimage: b\r\n", "image: a\n", "size: 1\nimage: a\r\n"),
        ("\ufeffimage: b\n", "image: a\n", "\ufeffimage: a\n"),
        ("---\nimage: b\n...\n", "image: a\n", "---\nimage: a\n...\n"),
        # gone since, come since
        ("image: a\nsize: 2\n", "image: a\npull: never\nsize: 1\n", "image: a\npull: never\nsize: 2\n"),
        ("size: 2\nimage: a\n", "pull: never\nimage: a\n", "pull: never\nsize: 2\nimage: a\n"),
        ("# head\nsize: 2\nimage: a", "image: a\n# no\npull: never", "# head\nsize: 2\nimage: a\n# no\npull: never\n"),
        ("image: a\n# why\npull: always\nsize: 1\n", "image: a\nsize: 1\n", "image: a\nsize: 1\n"),
        ("image: a\n# why\npull: always\nsize: 1\n", "image: a\n# why\nsize: 1\n", "image: a\n# why\nsize: 1\n"),
        # a comment that came with the value goes with it
        ("size: 1\n# as of June\nimage: b\n", "size: 1\n# as of May\nimage: a\n", "size: 1\n# as of May\nimage: a\n"),
        ("size: 1\n# an image\nimage: b\n", "# an image\nsize: 1\nimage: a\n", "size: 1\n# an image\nimage: a\n"),
        ("command:\n- |\n  # no comment\nimage: b\n", "command:\n- |\n  # no comment\nimage: a\n",
         "command:\n- |\n  # no comment\nimage: a\n"),
        # what was said since of the rest of a mapping stays
        ("image: a\nenvironment:\n  # June\n  A: '1'\n  # loud\n  B: '2'\n  C: '3'\n",
         "image: a\nenvironment:\n  A: '1'\n  B: '1'   # why\n",
         "image: a\nenvironment:\n  # June\n  A: '1'\n  B: '1'   # why\n"),
        ("image: a\nenvironment:\n  A: '1'   # June\n  C: '3'\n",
         "image: a\nenvironment:\n  A: '1'\n  # quiet\n  B: '1'\n  C: '3'\n",
         "image: a\nenvironment:\n  A: '1'   # June\n  # quiet\n  B: '1'\n  C: '3'\n"),
        ("image: a\nhealth:\n  start: 5s  # June\n  http:\n    port: 80 # w\n    path: /b\n",
         "image: a\nhealth:\n  start: 5s\n  http:\n    port: 80\n    path: /a\n",
         "image: a\nhealth:\n  start: 5s  # June\n  http:\n    port: 80 # w\n    path: /a\n"),
        ("image: a\nstop:\n    grace: 1s  # June\n    drain: 0s\n", "image: a\nstop:\n  grace: 1s\n",
         "image: a\nstop:\n  grace: 1s\n"),
        # in braces
        ("{image: b, size: 2}\n", "image: a\ncommand:\n- x\nsize: 1\n", '{image: a, size: 2, command: ["x"]}\n'),
        ("{image: b, size: 2, pull: never, }  # x\n", "{image: a}", "{image: a, size: 2, }  # x\n"),
        ("{size: 2, image: a, pull: never}", "{image: a, ports: [80], }", "{size: 2, image: a, ports: [80]}"),
        ("image: b\nsize: 2\n", '{"image": "a:1", pull: never}', 'image: "a:1"\nsize: 2\npull: never\n'),
        # a restart, and its undoing
        ("image: a\nrollout: {restarted: x}\nsize: 1\n", "image: a\n", "image: a\nsize: 1\n"),
        ("image: a\nrollout:\n  restarted: x\n", "image: a\nrollout: {surge: 2}\n", "image: a\n"),
        ("image: a\nrollout:\n  surge: 2 # c\n  restarted: x\n", "image: a\n", "image: a\nrollout:\n  surge: 2 # c\n"),
        ("image: a\nrollout: {restarted: x, surge: 2}\n", "image: a\n", "image: a\nrollout: {surge: 2}\n"),
        ("image: a\nrollout: {surge: 2, restarted: x}\n", "image: a\n", "image: a\nrollout: {surge: 2}\n"),
        ("image: a\nrollout: {surge: 2}\n", "rollout: {restarted: x}\nimage: a\n",
         "image: a\nrollout: {surge: 2, restarted: x}\n"),
        ("image: a\n", "rollout: {restarted: x}\nimage: a\n", "image: a\nrollout: {restarted: x}\n"),
    ],
)  # fmt: skip
def test_what_is_written_where(present: str, earlier: str, after: str) -> None:
    assert put_back(present, earlier) == after


@pytest.mark.parametrize("present", ["? image\n: b\nsize: 1\n", "- a\n", "--- {image: b, command: # c\n}\n"])
def test_what_would_change_more_is_left_to_a_person(present: str) -> None:
    with pytest.raises(UsageError, match="edit by hand"):
        put_back(present, "image: a\ncommand: [x]\nsize: 1\n", file="web.yaml")


def test_a_broken_file_is_not_edited() -> None:
    with pytest.raises(SpecError, match=r"web\.yaml"):
        put_back("size: [1\n", "image: a\n", file="web.yaml")


def test_volumes_that_are_put_back_bring_their_way_of_changing() -> None:
    earlier = "image: a\nvolumes: ['data:/data']\nsize: 1\n"
    edited = put_back("image: b\nsize: 2\n", earlier)
    assert edited == "image: a\nvolumes: ['data:/data']\nsize: 2\n"
    assert read(edited) == read("image: b\nsize: 2\n").dressed_as(read(earlier))


def test_each_key_of_the_template_is_tried() -> None:
    assert set(TEMPLATE_KEYS) == _KEYS.keys() - {"size", "zones", "rollout"} | {"volumes"}


_KEYS = {
    "image": ["image: a:1", "image: b:2   # two", "# an image\nimage: c"],
    "pull": ["", "pull: never", "pull: always # fresh"],
    "command": [
        "",
        "command: [sleep, '1']",
        "command:\n- sh\n- |\n  # a script\n  echo\n",
        "command: [\n  a,  # b\n  c]",
    ],
    "environment": [
        "",
        "environment:\n  # one\n  A: x\n\n  # two\n  B: 'y'   # y",
        "environment: {A: z}",
        "environment:\n  C: w  # first\n  A: x # later\n  # of B\n  B: v\n",
    ],
    "resources": ["", "resources: {cpus: 0.5}", "# what it takes\nresources:\n  memory: 64MiB"],
    "health": [
        "",
        "health: {http: {port: 80, path: /}}",
        "health:\n  start: 10s\n# after",
        "health:\n  # q\n  http:\n    port: 81  # p\n    path: /\n  start: 20s  # s",
    ],
    "stop": ["", "stop: {grace: 1s}", "stop:\n    grace: 2s\n    drain: 1s"],
    "ports": ["", "ports: [80]  # plain", "ports:\n- 81\n- 82"],
    "secrets": ["", "secrets: {key: secrets/key}", "secrets:\n  key: secrets/other   # moved"],
    "ssh": ["", "ssh: {}", "ssh: {authorized_keys: ssh/keys}"],
    "discovery": ["", "discovery: {eureka: {app: SHOP, cluster: eureka}}"],
    "size": ["size: 1", "size: 3 # three", "\n# How many.\nsize: 2\n"],
    "zones": ["", "zones: [a, b]", "zones:\n- a # first"],
    "rollout": ["", "rollout: {bake: 2s}", "rollout:\n  bake: 3s # longer"],
}


@st.composite
def texts(draw: st.DrawFn) -> str:
    order = draw(st.permutations(sorted(_KEYS)))
    return draw(st.sampled_from(["", "# A head.\n\n", "---\n"])) + "".join(
        f"{entry}\n" for key in order if (entry := draw(st.sampled_from(_KEYS[key])))
    )


@settings(max_examples=30)
@given(texts(), texts())
def test_the_result_is_the_present_spec_dressed_as_the_earlier_one(present: str, earlier: str) -> None:
    edited = put_back(present, earlier)
    assert read(edited) == read(present).dressed_as(read(earlier))
    assert same_template(edited, earlier)
    assert put_back(edited, earlier) == edited
    assert read(put_back(edited, present)) == read(present)
