"""Which names count, and which cluster each of them is."""

import pytest

from reconciler.spec.directory import cluster_of, is_spec_name, listing


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "web-app.yaml", "a.b.yaml", "Web App.yaml"])
def test_yaml_files_count(name: str) -> None:
    assert is_spec_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            ".yaml",
            ".a.yaml",
            "..data",
            ".a.yaml.swp",
            "a.yaml~",
            "a.yaml.swx",
            "4913",
            "#a.yaml#",
            ".#a.yaml",
        ),
        *("a.yaml.bak", "a.json", "README.md", "yaml", "a.YAML", "a.yaml___jb_tmp___", "a.yaml.1234.tmp"),
    ],
)
def test_editors_files_and_others_do_not(name: str) -> None:
    assert not is_spec_name(name)


def test_a_cluster_is_its_files_stem() -> None:
    assert (cluster_of("webapp.yaml"), cluster_of("a.b.yml")) == ("webapp", "a.b")


def test_a_listing_has_each_cluster_once() -> None:
    found = listing(["b.yml", "notes.txt", "a.yaml", ".c.yaml"])
    assert dict(found.files) == {"a": "a.yaml", "b": "b.yml"}
    assert (found.doubled, found.problems) == ({}, ())


def test_two_files_for_one_cluster_are_named_and_neither_is_used() -> None:
    found = listing(["a.yml", "a.yaml", "b.yaml"], directory="specs/")
    assert dict(found.files) == {"b": "b.yaml"}
    assert dict(found.doubled) == {"a": ("a.yaml", "a.yml")}
    assert [str(problem) for problem in found.problems] == [
        "specs/a.yml:1:1: the cluster a has two files: specs/a.yaml and specs/a.yml; keep one of them"
    ]


def test_a_hostile_name_is_printed_safely() -> None:
    (problem,) = listing(["\x1b[31m\n.yaml", "\x1b[31m\n.yml", "a.yaml"]).problems
    assert str(problem).isprintable()
