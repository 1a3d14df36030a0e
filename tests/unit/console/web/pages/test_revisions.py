"""The history on a page: what changed from one revision to the next, what came of it, who runs it."""

from reconciler.console.web.pages.revisions import revision_rows, spec_of
from reconciler.state.revisions import KeptRevision, Version
from tests.support.fake_world import cluster, instance

TEXTS = {
    "v001": b"image: web:1.1\nsize: 2\nenvironment: {LEVEL: debug}\n",
    "v000": b"image: web:1.0\nsize: 9\nvolumes: ['/srv/data:/data']\n",
}


def kept(revision: str, **more: object) -> KeptRevision:
    version = Version(revision=revision, spec_hash=revision, image_id="")
    return KeptRevision(version=version, text=TEXTS.get(revision, b""), file="web.yaml", **more)  # type: ignore[arg-type]


def test_each_says_what_changed_from_the_one_before() -> None:
    web = cluster("web", 2, instance("web", 1, revision="v001"), instance("web", 2), revision="v001")

    newest, oldest = revision_rows([kept("v001"), kept("v000", good=True)], web)

    assert (newest.state, newest.wanted, newest.runs) == ("new", True, 1)
    assert {(c.field, c.after) for c in newest.changes or ()} >= {("image", "web:1.1"), ("environment.LEVEL", "debug")}
    assert "size" not in {c.field for c in newest.changes or ()}
    assert (oldest.state, oldest.changes) == ("good", None)


def test_a_cluster_that_has_made_nothing_yet_has_no_history() -> None:
    assert revision_rows([], cluster("web", 1)) == ()


def test_a_text_that_is_gone_or_broken_leaves_its_row() -> None:
    web = cluster("web", 1)

    assert [row.changes for row in revision_rows([kept("v002", why="exited"), kept("v001")], web)] == [None, None]
    assert spec_of("web.yaml", b"size: [") is None
