"""A cluster's label is its own from the moment that its file is read, with or without an instance."""

from tests.loop.turning import ENV, PLAIN, Turning


def test_a_clusters_label_is_nobody_elses_while_its_file_is_there(turning: Turning) -> None:
    turning.start()
    turning.save("web", f"image: {PLAIN}\nsize: 0\ndns: shop\n")
    turning.settle()
    assert turning.names.table().manages(ENV, "shop")
    assert not turning.names.table().manages(ENV, "web")
    turning.save("web", f"image: {PLAIN}\nsize: 0\n")
    turning.settle()
    assert turning.names.table().manages(ENV, "web")
    assert not turning.names.table().manages(ENV, "shop")
