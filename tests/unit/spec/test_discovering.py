"""`discovery`: what it becomes, what is refused, that it is baked into nothing."""

from dataclasses import replace

import pytest

from reconciler.spec.cluster import ClusterSpec, Discovery, Eureka
from reconciler.spec.fields import differences
from reconciler.spec.parse import parse, parse_cluster
from reconciler.spec.policy import Policy
from reconciler.spec.world import check_together
from tests.unit.spec.refusals import OK, assert_refused, lines_of


def eureka_of(text: str) -> Eureka | None:
    spec = parse_cluster(f"{OK}discovery: {{eureka: {{{text}}}}}\n".encode(), file="web.yaml", policy=Policy())
    return spec.discovery.eureka


def test_without_it_there_is_none() -> None:
    assert parse_cluster(OK.encode(), file="web.yaml", policy=Policy()).discovery == Discovery()
    empty = parse_cluster(f"{OK}discovery: {{}}\n".encode(), file="web.yaml", policy=Policy())
    assert empty.discovery == Discovery()


def test_a_cluster_of_servers_has_a_port_and_a_path_and_an_address_has_both_in_it() -> None:
    assert eureka_of("app: WEB, cluster: eureka") == Eureka(
        app="WEB", cluster="eureka", port=8080, path="/eureka/v2", url=None
    )
    assert eureka_of("app: WEB, cluster: e, port: 8761, path: /eureka/") == Eureka(
        app="WEB", cluster="e", port=8761, path="/eureka"
    )
    outside = eureka_of("app: WEB, url: 'http://eureka.example:8761/eureka/'")
    assert outside is not None
    assert outside.url == "http://eureka.example:8761/eureka"


def test_it_replaces_nobody_and_plan_tells_its_change() -> None:
    spec = ClusterSpec(name="web", image="a:1", size=1)
    inside = replace(spec, discovery=Discovery(eureka=Eureka(app="WEB", cluster="eureka")))
    outside = replace(spec, discovery=Discovery(eureka=Eureka(app="WEB", url="http://e/eureka")))
    assert inside.spec_hash() == spec.spec_hash()
    assert differences(spec, inside) == (
        ("discovery.eureka.app", None, "WEB"),
        ("discovery.eureka.cluster", None, "eureka"),
        ("discovery.eureka.port", None, "8080"),
        ("discovery.eureka.path", None, "/eureka/v2"),
    )
    assert differences(inside, outside) == (
        ("discovery.eureka.url", None, "http://e/eureka"),
        ("discovery.eureka.cluster", "eureka", None),
        ("discovery.eureka.port", "8080", None),
        ("discovery.eureka.path", "/eureka/v2", None),
    )


BAD = {
    "no application": ("cluster: e", "21: discovery.eureka: `app` is missing; add `app: ACMEAIR_WEBAPP`"),
    "no place": (
        "app: WEB",
        (
            "13: discovery.eureka: nothing says where Eureka is; "
            "add `cluster: eureka`, or `url: http://…` for one outside"
        ),
    ),
    "two places": (
        "app: WEB, cluster: e, url: 'http://e/eureka'",
        "44: discovery.eureka.url: `cluster` and `url` can't stand together; keep one of them",
    ),
    "two ports": (
        "app: WEB, url: 'http://e/eureka', port: 8080",
        "56: discovery.eureka.port: `url` says the port already; remove it, or use `cluster` instead of `url`",
    ),
    "two paths": (
        "app: WEB, url: 'http://e/eureka', path: /eureka",
        "56: discovery.eureka.path: `url` says the path already; remove it, or use `cluster` instead of `url`",
    ),
    "a name that no application has": (
        "app: 'a/b', cluster: e",
        (
            "27: discovery.eureka.app: `a/b` is not an application's name; "
            "write an application's name such as ACMEAIR_WEBAPP"
        ),
    ),
    "an address without a protocol": (
        "app: WEB, url: 'eureka:8761'",
        (
            "37: discovery.eureka.url: `eureka:8761` is not an address; "
            "write an address such as http://eureka.example:8080/eureka/v2"
        ),
    ),
    "a host for a cluster": (
        "app: WEB, cluster: eureka.dev.docker",
        (
            "41: discovery.eureka.cluster: `eureka.dev.docker` lies outside the environment's domain: "
            "dots are not allowed; give one label, as in `web-app`"
        ),
    ),
    "a port that isn't": (
        "app: WEB, cluster: e, port: 0",
        "50: discovery.eureka.port: port 0 is out of range; use 1 to 65535",
    ),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(f"{OK}discovery: {{eureka: {{{text}}}}}\n", f"3:{line}")


def test_another_registry_is_not_known() -> None:
    said = "3:13: discovery.consul: unknown key; the keys here are eureka"
    assert_refused(f"{OK}discovery: {{consul: {{}}}}\n", said)


def test_a_task_has_none() -> None:
    text = "kind: TaskSpec\nimage: a\ndiscovery: {eureka: {app: A, cluster: e}}\n"
    said = "3:1: discovery: a task doesn't have it; remove it: it serves nobody"
    assert lines_of(text.encode()) == [f"specs/webapp.yaml:{said}"]


def test_an_unknown_cluster_of_servers_is_an_error_only_where_it_counts() -> None:
    text = f"{OK}discovery: {{eureka: {{app: A, cluster: euerka}}}}\n"
    specs = {"a.yaml": parse(text.encode(), file="a.yaml", policy=Policy())}
    assert check_together(specs, strict=False) == ()
    assert [str(problem) for problem in check_together(specs, strict=True)] == [
        (
            "a.yaml:3:39: discovery.eureka.cluster: no cluster `euerka` is here; "
            "add euerka.yaml, or use `url`; known are a"
        )
    ]
