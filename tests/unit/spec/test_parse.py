"""What a good file becomes: defaults, YAML 1.2's reading of values, and what implies what."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.spec.cluster import (
    OWN_KEY,
    ClusterSpec,
    Health,
    Heartbeat,
    Port,
    Probe,
    Resources,
    Rollout,
    Secret,
    Stop,
    Volume,
)
from reconciler.spec.parse import parse, parse_cluster
from reconciler.spec.policy import Policy

ROOT = Path(__file__).parents[3]
ONE = "image: nginx:1.27\nsize: 1\n"

FULL = """\
apiVersion: reconciler/v1
kind: ClusterSpec
name: webapp
image: acmeair/webapp:1.0
pull: always
size: 4
zones: [az1, az2, az3]
dns: web
ports: [8080, 5353/udp]
command: [serve, --port, 8080, 010, true]
environment:
  LOG_LEVEL: info
  VERSION: 1.10
  MODE: 010
  ANSWER: no
  DEBUG: true
  AT: 12:30
  EMPTY: ""
secrets: {db-password: secrets/db-password}
resources: {memory: 256MiB, cpus: 0.5, pids: 256}
depends_on: [auth, cassandra]
start: ordered
health:
  heartbeat: {interval: 500ms, misses: 5}
  http: {port: 8080, path: /health, interval: 2s, timeout: 1500ms, misses: 2}
  start: 1m30s
  suspect: 0s
rollout: {strategy: rolling, surge: 2, unavailable: 1, bake: 5s}
ssh: {authorized_keys: ssh/authorized_keys}
stop: {grace: 20s, drain: 0s}
suspend: true
traffic: false
"""


def spec_of(text: str, policy: Policy | None = None) -> ClusterSpec:
    return parse_cluster(text.encode(), file="specs/webapp.yaml", policy=policy or Policy())


def test_a_full_spec_becomes_what_it_says() -> None:
    assert spec_of(FULL) == ClusterSpec(
        name="webapp",
        image="acmeair/webapp:1.0",
        pull="always",
        size=4,
        zones=("az1", "az2", "az3"),
        dns="web",
        ports=(Port(container=8080), Port(container=5353, protocol="udp")),
        command=("serve", "--port", "8080", "010", "true"),
        environment={
            "LOG_LEVEL": "info",
            "VERSION": "1.10",
            "MODE": "010",
            "ANSWER": "no",
            "DEBUG": "true",
            "AT": "12:30",
            "EMPTY": "",
        },
        secrets=(Secret(name="db-password", file="secrets/db-password"),),
        resources=Resources(memory_bytes=256 * 1024**2, cpus=0.5, pids=256),
        depends_on=("auth", "cassandra"),
        start="ordered",
        health=Health(
            heartbeat=Heartbeat(interval_seconds=0.5, misses=5),
            probe=Probe(port=8080, path="/health", interval_seconds=2.0, timeout_seconds=1.5, misses=2),
            start_seconds=90.0,
            suspect_seconds=0.0,
        ),
        rollout=Rollout(strategy="rolling", surge=2, unavailable=1, bake_seconds=5.0),
        ssh_keys="ssh/authorized_keys",
        stop=Stop(grace_seconds=20.0, drain_seconds=0.0),
        suspend=True,
        traffic=False,
    )


def test_image_and_size_are_enough_and_the_file_gives_the_name() -> None:
    assert spec_of(ONE) == ClusterSpec(name="webapp", image="nginx:1.27", size=1)


@pytest.mark.parametrize(
    ("written", "size"),
    [("010", 10), ("0o10", 8), ("0x10", 16), ("+3", 3), ("1e1", 10), ("3.0", 3), ("0", 0)],
)
def test_sizes_are_read_by_yaml_1_2(written: str, size: int) -> None:
    assert spec_of(f"image: a\nsize: {written}\n").size == size


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + ONE,
        ONE.replace("\n", "\r\n"),
        "%YAML 1.2\n---\n" + ONE + "...\n",
        "{image: nginx:1.27, size: 1}",
        '{"image": "nginx:1.27", "size": 1}',
        "? image\n: nginx:1.27\n? size\n: 1\n",
        "image: >-\n  nginx:1.27\nsize: 1",
    ],
    ids=["byte order mark", "CR LF", "directive and end", "flow", "JSON", "explicit keys", "folded"],
)
def test_other_ways_to_write_the_same_thing_are_understood(text: str) -> None:
    assert spec_of(text) == spec_of(ONE)


@pytest.mark.parametrize(
    ("entry", "port"),
    [
        ("8080", Port(container=8080)),
        ('"8080"', Port(container=8080)),
        ("53/udp", Port(container=53, protocol="udp")),
        ("8081:8080", Port(container=8080, host_first=8081, host_last=8081)),
        ("0.0.0.0:81:80", Port(container=80, host_ip="0.0.0.0", host_first=81, host_last=81)),
        ('"[::1]:81:80"', Port(container=80, host_ip="::1", host_first=81, host_last=81)),
        ("81-84:80/udp", Port(container=80, protocol="udp", host_first=81, host_last=84)),
    ],
)
def test_ports_are_read_in_all_their_forms(entry: str, port: Port) -> None:
    assert spec_of(f"{ONE}ports: [{entry}]\n").ports == (port,)


def test_a_range_of_host_ports_serves_as_many_instances() -> None:
    (port,) = spec_of("image: a\nsize: 3\nports: ['81-83:80']\n").ports
    assert [port.host_port(number) for number in (1, 2, 3, 4)] == [81, 82, 83, None]


def test_the_same_host_port_on_two_addresses_or_protocols_is_no_clash() -> None:
    text = f"{ONE}ports: ['127.0.0.1:81:80', '127.0.0.2:81:80', '127.0.0.1:81:80/udp']\n"
    assert len(spec_of(text).ports) == 3


def test_a_named_volume_is_each_numbers_own() -> None:
    assert spec_of(f"{ONE}volumes: ['data:/var/lib/x', 'conf:/etc/x/:ro']\n").volumes == (
        Volume(source="data", target="/var/lib/x"),
        Volume(source="conf", target="/etc/x", read_only=True),
    )


def test_a_host_path_is_used_where_the_policy_allows_it() -> None:
    policy = Policy(allow_paths=("/srv/data",))
    (volume,) = spec_of(f"{ONE}volumes: ['/srv/data/a:/x:ro']\n", policy).volumes
    assert volume == Volume(source="/srv/data/a", target="/x", read_only=True, host_path=True)


def test_brackets_in_quotes_and_comments_are_only_text() -> None:
    many = "[" * 200
    assert spec_of(f"# {many}\n{ONE}command: [echo, '{many}']\n").command == ("echo", many)


@pytest.mark.parametrize("what", ["volumes: ['a:/x']", "ports: ['81:80']"])
def test_what_only_one_container_can_hold_implies_in_place(what: str) -> None:
    assert spec_of(f"{ONE}{what}\n").rollout == Rollout(strategy="in-place", surge=0, unavailable=1)


def test_in_place_has_its_own_defaults() -> None:
    assert spec_of(f"{ONE}rollout: {{strategy: in-place}}\n").rollout.unavailable == 1
    assert spec_of(f"{ONE}volumes: ['a:/x']\nrollout: {{unavailable: 3}}\n").rollout.unavailable == 3


def test_an_empty_heartbeat_takes_its_defaults() -> None:
    assert spec_of(f"{ONE}health: {{heartbeat: {{}}}}\n").health.heartbeat == Heartbeat()


def test_a_probe_without_a_path_is_tcp() -> None:
    assert spec_of(f"{ONE}health: {{tcp: {{port: 9042}}}}\n").health.probe == Probe(port=9042)
    assert spec_of(f"{ONE}health: {{docker: true}}\n").health.docker is True


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.27",
        "reconciler/base:latest",
        "localhost:5000/a/b__c:v1",
        "registry.example.com/team/app@sha256:" + "a" * 64,
        "a:tag@sha256:" + "0" * 64,
        "[::1]:5000/a",
    ],
)
def test_image_references_of_every_shape_are_taken(image: str) -> None:
    assert spec_of(f'image: "{image}"\nsize: 1\n').image == image


def test_a_pinned_image_satisfies_the_policy() -> None:
    image = "nginx@sha256:" + "a" * 64
    assert spec_of(f"image: {image}\nsize: 1\n", Policy(require_digest=True)).image == image


def test_places_are_kept_for_later_messages() -> None:
    parsed = parse(f"{ONE}stop:\n  grace: 1s\n".encode(), file="specs/webapp.yaml", policy=Policy())
    assert parsed.place("stop", "grace") == (4, 10)
    assert parsed.place("ports", 0) == (1, 1)


def test_lines_and_columns_are_counted_in_characters_as_editors_count_them() -> None:
    parsed = parse("\ufeff# ä€\r\n\r\nimage: a\r\nsize: 1\r\n".encode(), file="a.yaml", policy=Policy())
    assert (parsed.place("image"), parsed.place("size")) == ((3, 8), (4, 7))


def test_importing_the_door_loads_neither_yaml_nor_json_schema() -> None:
    script = "import reconciler.spec.parse, sys, json; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT)
    assert not {"ruamel.yaml", "jsonschema"} & set(json.loads(ran.stdout))


FILES = sorted({*ROOT.glob("specs/**/*.y*ml"), *ROOT.glob("examples/**/specs/*.y*ml")})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_spec_that_comes_with_the_project_is_valid(path: Path) -> None:
    assert parse_cluster(path.read_bytes(), file=str(path), policy=Policy()).name == path.stem


def test_the_first_spec_is_there() -> None:
    assert ROOT / "specs" / "hello.yaml" in FILES


def test_ssh_alone_means_the_environments_own_key() -> None:
    assert spec_of(ONE).ssh_keys is None
    assert spec_of(f"{ONE}ssh: {{}}\n").ssh_keys == OWN_KEY
    hashes = {spec_of(f"{ONE}{ssh}").spec_hash() for ssh in ("", "ssh: {}\n", "ssh: {authorized_keys: k}\n")}
    assert len(hashes) == 3
