"""What comes into force of the watched directory when files contradict each other, and when it does."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.loop.files import GONE_SECONDS
from reconciler.loop.scanner import Scan, Scanner
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.policy import Policy
from reconciler.spec.wanted import Wanted


def text(more: str = "") -> bytes:
    return f"image: a\nsize: 1\n{more}\n".encode()


PORT = text("ports: ['29000:80']")


class Watched:
    """A directory with its scanner, and a clock that goes on by a minute at each scan."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0.0
        self.start()

    def start(self, last_good: Mapping[str, bytes] | None = None) -> None:
        stored = {name: (f"{name}.yaml", said) for name, said in (last_good or {}).items()}
        self.scanner = Scanner(self.path, Policy(), None, stored)

    def save(self, **texts: bytes) -> Scan:
        for name, said in texts.items():
            (self.path / f"{name}.yaml").write_bytes(said)
        return self.scan(*(f"{name}.yaml" for name in texts))

    def remove(self, name: str) -> Scan:
        (self.path / f"{name}.yaml").unlink()
        self.scan()
        self.now += GONE_SECONDS
        return self.scan()

    def scan(self, *settled: str) -> Scan:
        self.now += 60.0
        return self.scanner.scan(frozenset(settled), self.now)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def row(scan: Scan, name: str) -> Wanted:
    return scan.world.clusters[name]


def force(scan: Scan, name: str) -> ClusterSpec:
    spec = row(scan, name).spec
    assert spec is not None
    return spec


def said(scan: Scan, name: str) -> str:
    return "\n".join(str(problem) for problem in row(scan, name).problems)


def test_a_newcomer_that_takes_a_running_clusters_name_is_held_and_told(watched: Watched) -> None:
    watched.save(web=text())
    scan = watched.save(aweb=text("dns: web"))
    assert row(scan, "aweb").spec is None
    assert scan.accepted == {}
    assert said(scan, "aweb").startswith("aweb.yaml:3:6: dns: the DNS label `web` is also taken by web.yaml:1:1")
    assert force(scan, "web").dns_label == "web"
    assert said(scan, "web") == ""


def test_a_newcomer_comes_into_force_by_itself_when_the_other_is_removed(watched: Watched) -> None:
    watched.save(pp=PORT)
    scan = watched.save(ap=PORT)
    assert row(scan, "ap").spec is None
    assert "pp.yaml:3:9" in said(scan, "ap")
    scan = watched.remove("pp")
    assert force(scan, "ap").ports[0].host_first == 29000
    assert said(scan, "ap") == ""
    assert scan.accepted == {"ap": PORT}
    assert watched.scan().accepted == {}


def test_a_newcomer_comes_into_force_by_itself_when_the_other_is_mended(watched: Watched) -> None:
    watched.save(pp=PORT)
    watched.save(ap=PORT)
    scan = watched.save(pp=text())
    assert sorted(scan.accepted) == ["ap", "pp"]
    assert said(scan, "ap") == said(scan, "pp") == ""


def test_a_refusal_stays_told_while_it_lasts(watched: Watched) -> None:
    watched.save(pp=PORT)
    first = said(watched.save(ap=PORT), "ap")
    assert said(watched.scan(), "ap") == first != ""


def test_an_edit_that_closes_a_circle_leaves_the_last_good_spec_in_force(watched: Watched) -> None:
    watched.save(pp=text(), qq=text("depends_on: [pp]"))
    scan = watched.save(pp=text("depends_on: [qq]"))
    assert force(scan, "pp").depends_on == ()
    assert row(scan, "pp").generation == 1
    assert "pp.yaml:3:14" in said(scan, "pp")
    assert "qq.yaml:3:14" in said(scan, "pp")
    assert said(scan, "qq") == ""
    scan = watched.save(qq=text())
    assert force(scan, "pp").depends_on == ("qq",)
    assert row(scan, "pp").generation == 2


def test_a_refused_file_that_is_removed_or_taken_back_is_never_put_in_force(watched: Watched) -> None:
    watched.save(pp=PORT, zz=text())
    watched.save(ap=PORT, zz=PORT)
    watched.save(zz=text())
    (watched.path / "ap.yaml").unlink()
    (watched.path / "pp.yaml").unlink()
    watched.scan()
    watched.now += GONE_SECONDS
    scan = watched.scan()
    assert [*scan.world.clusters] == ["zz"]
    assert force(scan, "zz").ports == ()
    assert scan.accepted == {}


def test_a_chain_of_three_moves_up_when_its_end_gives_way(watched: Watched) -> None:
    ports = [text(f"ports: ['{number}:80']") for number in (81, 82, 83)]
    watched.save(a=ports[0], b=ports[1], c=ports[2])
    scan = watched.save(a=ports[1])
    scan = watched.save(b=ports[2])
    assert [force(scan, name).ports[0].host_first for name in "abc"] == [81, 82, 83]
    assert said(scan, "a") != ""
    assert "c.yaml:3:9" in said(scan, "b")
    scan = watched.remove("c")
    assert [force(scan, name).ports[0].host_first for name in "ab"] == [82, 83]
    assert said(scan, "a") == said(scan, "b") == ""


def test_at_the_start_the_later_in_the_alphabet_is_refused(watched: Watched) -> None:
    scan = watched.save(pp=PORT, ap=PORT)
    assert said(scan, "ap") == ""
    assert row(scan, "pp").spec is None
    assert "ap.yaml:3:9" in said(scan, "pp")


def test_at_the_start_what_was_in_force_before_stays_and_the_other_keeps_its_last_good(watched: Watched) -> None:
    watched.start({"pp": PORT, "ap": text()})
    scan = watched.save(pp=PORT, ap=PORT)
    assert force(scan, "pp").ports[0].host_first == 29000
    assert said(scan, "pp") == ""
    assert force(scan, "ap").ports == ()
    assert "pp.yaml:3:9" in said(scan, "ap")
    assert [*scan.accepted] == ["pp"]
    scan = watched.save(pp=text())
    assert force(scan, "ap").ports[0].host_first == 29000


def test_at_the_start_a_newcomer_yields_to_a_broken_files_last_good(watched: Watched) -> None:
    watched.start({"pp": PORT})
    scan = watched.save(pp=b"sizes: 1\n", ap=PORT)
    assert force(scan, "pp").ports[0].host_first == 29000
    assert row(scan, "ap").spec is None
    assert "pp.yaml:3:9" in said(scan, "ap")


def test_a_cluster_that_was_removed_is_not_recalled_by_a_later_file_of_its_name(watched: Watched) -> None:
    watched.start({"web": text("dns: old")})
    watched.save(web=text(), other=text())
    watched.remove("web")
    assert row(watched.save(web=b"sizes: 1\n"), "web").spec is None
