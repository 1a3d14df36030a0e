"""What is read out of a Dockerfile: the images that it is made from, the arguments that it wants to be told."""

from reconciler.setup.dockerfile import read, tagged


def test_every_stage_that_starts_from_an_image_counts_and_none_that_starts_from_another_stage() -> None:
    text = "FROM reconciler/maven AS build\nRUN x\nfrom build as more\nFROM --platform=x reconciler/java:latest\n"
    assert read(text).parents == ("reconciler/maven:latest", "reconciler/java:latest")


def test_images_that_are_only_copied_from_count_and_stages_by_name_or_number_do_not() -> None:
    copies = "COPY --from=one /x /x\nCOPY --chown=0 --from=reconciler/b /y /y\nCOPY --from=0 /z /z\n"
    text = f"FROM a AS one\nFROM scratch\n{copies}"
    assert read(text).parents == ("a:latest", "reconciler/b:latest")


def test_an_argument_before_the_first_from_may_name_the_image() -> None:
    assert read('ARG TAG="1.2"\nARG WHERE\nFROM x/${WHERE}y:$TAG\n').parents == ("x/${WHERE}y:1.2",)


def test_comments_and_continued_lines_say_nothing_of_their_own() -> None:
    text = "FROM a\n# FROM b\nRUN echo \\\n# ARG NO\n  FROM c \\\n  ARG d\nARG YES\nARG SET=1\n"
    assert read(text).parents == ("a:latest",)
    assert read(text).arguments == ("YES",)


def test_a_port_is_no_tag() -> None:
    assert tagged("host:5000/x") == "host:5000/x:latest"
    assert tagged("host:5000/x:1") == "host:5000/x:1"
    assert tagged("x@sha256:0") == "x@sha256:0"
