"""Where things have their pages: whatever a name holds, it is one part of one path."""

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from reconciler.console.web.pages.paths import (
    cluster_path,
    events_path,
    file_path,
    group_path,
    instance_path,
    names_path,
    zone_path,
)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_name_is_one_part_of_a_path(name: str) -> None:
    for path in (cluster_path(name), group_path("web", name), zone_path(name)):
        parts = urlsplit(path)
        assert parts.path == path
        assert unquote(path.rpartition("/")[2]) == name


def test_known_paths() -> None:
    assert instance_path("web", 3) == "/clusters/web/instances/3"
    assert file_path("db.yaml") == "/clusters/db/edit"
    assert names_path("a b&c") == "/names?name=a+b%26c"
    assert events_path(cluster="", kind="chaos") == "/events?kind=chaos"
    assert events_path() == "/events"
