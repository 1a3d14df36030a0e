"""What the figures of the cloud are made with: compose's file from specs, the picture of a start."""

from xml.etree import ElementTree as ET

from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.bench.acmeair.compose_file import compose_file
from tests.bench.acmeair.timeline import Bar, Mark, picture
from tests.support.loop_process import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def spec(name: str, text: str) -> ClusterSpec:
    return parse_cluster(text.encode(), file=f"{name}.yaml", policy=Policy())


def test_each_instance_is_a_service_with_its_zone_names_volume_and_host_port() -> None:
    text = """
image: some:1
size: 2
zones: [az1, az2]
ports: ["8081-8082:80"]
volumes: ["data:/data"]
environment: {PRICE: $5}
resources: {memory: 64MiB, cpus: 0.5, pids: 100}
"""
    document = compose_file([spec("db", text)], env="air")
    assert document["volumes"] == {"db1-data": {}, "db2-data": {}}
    second = document["services"]["db2"]
    assert '"az_name":"az2"' in second["environment"]["user_data"]
    assert second["environment"]["PRICE"] == "$$5"
    assert second["networks"] == {"default": {"aliases": ["db2.db", "db", "db2.db.air.docker", "db.air.docker"]}}
    assert second["ports"] == ["127.0.0.1:8082:80"]
    assert second["volumes"] == ["db2-data:/data"]
    assert (second["mem_limit"], second["cpus"], second["pids_limit"]) == (64 * 1024**2, 0.5, 100)


def test_who_depends_waits_for_health_where_it_is_probed_for_a_start_where_not_and_for_a_tasks_end() -> None:
    probed = "image: some:1\nsize: 1\nhealth: {http: {port: 80, path: /up, interval: 2s, misses: 5}}\n"
    specs = [
        spec("web", "image: some:1\nsize: 1\ndepends_on: [db, cache, load]\n"),
        spec("db", probed),
        spec("cache", "image: some:1\nsize: 1\n"),
        spec("load", "kind: TaskSpec\nimage: some:1\n"),
    ]
    services = compose_file(specs, env="air")["services"]
    assert services["web1"]["depends_on"] == {
        "db1": {"condition": "service_healthy"},
        "cache1": {"condition": "service_started"},
        "load1": {"condition": "service_completed_successfully"},
    }
    check = services["db1"]["healthcheck"]
    assert (check["interval"], check["timeout"], check["retries"]) == ("2s", "1s", 5)
    assert "/dev/tcp/$$HOSTNAME/80" in check["test"][-1]
    assert "GET /up HTTP/1.0" in check["test"][-1]


def test_an_ordered_start_is_an_order_among_services() -> None:
    services = compose_file([spec("db", "image: some:1\nsize: 3\nstart: ordered\n")], env="air")["services"]
    assert services["db1"]["depends_on"] == {}
    assert list(services["db3"]["depends_on"]) == ["db1", "db2"]


def test_a_yardstick_can_be_made_of_each_example() -> None:
    for example in ("acmeair", "acmeair-ha"):
        files = sorted((ROOT / "examples" / example).glob("*.yaml"))
        specs = [parse_cluster(file.read_bytes(), file=file.name, policy=Policy()) for file in files]
        document = compose_file(specs, env="air")
        assert len(document["services"]) == sum(spec.size for spec in specs)


def test_the_picture_has_a_line_for_each_instance_with_its_parts_in_proportion() -> None:
    bars = [
        Bar(name="web-1", asked=2.0, started=3.0, ready=5.0),
        Bar(name="<db>", asked=0.0, started=1.0, ready=2.0),
    ]
    text = picture(bars, [Mark(at=6.0, text="booked")], title="A & B")
    root = ET.fromstring(text)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts[0] == "A & B"
    assert texts.index("<db>") < texts.index("web-1")  # in the order of their start
    assert "booked: 6.0 s" in texts
    widths = [float(e.get("width", "0")) for e in root.iter(f"{SVG}rect") if e.find(f"{SVG}title") is not None]
    waiting, container, starting, _ready = widths[4:]
    assert abs(waiting - 2 * container) < 1
    assert abs(starting - 2 * container) < 1
