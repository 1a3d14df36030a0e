"""What only several files together can get wrong, each named with both places."""

from reconciler.spec.parse import Parsed, parse
from reconciler.spec.policy import Policy
from reconciler.spec.world import check_together


def world(**texts: str) -> dict[str, Parsed]:
    files = {f"specs/{name}.yaml": f"image: a\nsize: 1\n{text}\n" for name, text in texts.items()}
    return {file: parse(text.encode(), file=file, policy=Policy()) for file, text in files.items()}


def said(specs: dict[str, Parsed], *, strict: bool = True) -> list[str]:
    return [str(problem) for problem in check_together(specs, strict=strict)]


def test_files_that_fit_together_have_no_problems() -> None:
    assert said(world(a="ports: ['81:80']\ndepends_on: [b]", b="ports: ['82:80']")) == []


def test_a_host_port_taken_twice_names_both_places() -> None:
    assert said(world(b="ports: [80, '8081:80']", a="ports: ['8080-8082:80']")) == [
        ("specs/b.yaml:3:13: ports[1]: host port 8081 is also taken by specs/a.yaml:3:9; choose another host port")
    ]


def test_every_address_clashes_with_each_one() -> None:
    assert len(said(world(a="ports: ['0.0.0.0:81:80']", b="ports: ['127.0.0.1:81:80']"))) == 1
    assert said(world(a="ports: ['127.0.0.2:81:80']", b="ports: ['127.0.0.1:81:80']")) == []
    assert said(world(a="ports: ['81:80/udp']", b="ports: ['81:80']")) == []


def test_one_dns_label_for_two_clusters_names_both_places() -> None:
    assert said(world(a="dns: web", web="")) == [
        (
            "specs/web.yaml:1:1: name: the DNS label `web` is also taken by specs/a.yaml:3:6; "
            "give one of them another `dns`"
        )
    ]


def test_one_cluster_in_two_directories_names_both_files() -> None:
    specs = {file: parse(b"image: a\nsize: 1\n", file=file, policy=Policy()) for file in ("x/a.yaml", "y/a.yaml")}
    assert said(specs) == ["y/a.yaml:1:1: name: the cluster `a` is also in x/a.yaml:1:1; keep one of the two files"]


def test_a_cycle_is_said_once_with_all_its_places() -> None:
    specs = world(a="depends_on: [b]", b="depends_on:\n  - x\n  - c", c="depends_on: [a]", x="")
    assert said(specs) == [
        (
            "specs/c.yaml:3:14: depends_on[0]: a dependency cycle: a → b → c → a "
            "(at specs/a.yaml:3:14, specs/b.yaml:5:5, specs/c.yaml:3:14); remove one of these dependencies"
        )
    ]


def test_two_cycles_are_both_found_whatever_leads_to_them() -> None:
    found = said(
        world(
            a="depends_on: [b, c]",
            b="depends_on: [c]",
            c="depends_on: [b]",
            d="depends_on: [e]",
            e="depends_on: [d]",
        )
    )
    assert [line.split("cycle: ")[1].split(" (")[0] for line in found] == ["b → c → b", "d → e → d"]


def test_a_diamond_is_no_cycle() -> None:
    assert said(world(a="depends_on: [b, c]", b="depends_on: [d]", c="depends_on: [d]", d="")) == []


def test_many_in_a_row_are_no_trouble() -> None:
    texts = {f"c{n}": f"depends_on: [c{n + 1}]" for n in range(200)}
    assert said(world(**texts, c200="")) == []


def test_an_unknown_dependency_is_an_error_only_where_it_counts() -> None:
    specs = world(a="depends_on: [databse]", database="")
    assert said(specs) == [
        (
            "specs/a.yaml:3:14: depends_on[0]: no cluster `databse` is here; "
            "add databse.yaml, or remove it; known are a, database"
        )
    ]
    assert said(specs, strict=False) == []
