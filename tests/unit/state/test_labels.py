"""What a container's labels and name say of it."""

from dataclasses import replace

import pytest

from reconciler.state.labels import (
    ATTEMPT,
    CLUSTER,
    ENV,
    NUMBER,
    ROLE,
    SPEC_HASH,
    TOKEN_SHA256,
    InstanceLabels,
    container_name,
    network_name,
    read_labels,
)

LABELS = InstanceLabels(
    env="dev", cluster="webapp", number=2, zone="az1", revision="v003", spec_hash="abc", attempt=4, token_sha256="f00"
)


def test_what_is_written_is_read_again() -> None:
    assert read_labels(LABELS.as_labels(), "dev-webapp-2") == LABELS


def test_a_run_of_a_task_is_known_by_its_role() -> None:
    run = replace(LABELS, task=True)
    assert run.as_labels()[ROLE] == "task"
    assert read_labels(run.as_labels(), "dev-webapp-2") == run


def test_labels_are_text_and_say_that_it_is_an_instance() -> None:
    labels = LABELS.as_labels()
    assert (labels[NUMBER], labels[ATTEMPT], labels[ROLE]) == ("2", "4", "instance")
    assert all(key.startswith("io.reconciler.") for key in labels)


@pytest.mark.parametrize("key", [ENV, CLUSTER, NUMBER, SPEC_HASH])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_label_makes_a_stranger(key: str, value: str | None) -> None:
    labels = {k: v for k, v in LABELS.as_labels().items() if k != key}
    if value is not None:
        labels[key] = value
    assert read_labels(labels, "dev-webapp-2") == f"label {key} is missing"


@pytest.mark.parametrize("number", ["0", "-1", "02", "x", "1.0", "1234567"])
def test_a_number_that_counts_nothing_makes_a_stranger(number: str) -> None:
    reason = f"label io.reconciler.number='{number}' is no number"
    assert read_labels({**LABELS.as_labels(), NUMBER: number}, f"dev-webapp-{number}") == reason


@pytest.mark.parametrize("name", ["dev-webapp-3", "prod-webapp-2", "dev-webapp-2-old", "my-dev-webapp-2"])
def test_a_name_that_disagrees_with_the_labels_makes_a_stranger(name: str) -> None:
    assert read_labels(LABELS.as_labels(), name) == "its labels belong to dev-webapp-2"


@pytest.mark.parametrize("attempt", ["", "0", "many", None])
def test_an_attempt_that_cannot_be_read_is_the_first(attempt: str | None) -> None:
    labels = {k: v for k, v in LABELS.as_labels().items() if k != ATTEMPT}
    if attempt is not None:
        labels[ATTEMPT] = attempt
    read = read_labels(labels, "dev-webapp-2")
    assert isinstance(read, InstanceLabels)
    assert read.attempt == 1


def test_one_without_a_token_is_ours_but_can_never_beat() -> None:
    labels = {k: v for k, v in LABELS.as_labels().items() if k != TOKEN_SHA256}
    read = read_labels(labels, "dev-webapp-2")
    assert isinstance(read, InstanceLabels)
    assert read.token_sha256 == ""


def test_names_carry_the_environment() -> None:
    assert container_name("dev", "my-web", 12) == "dev-my-web-12"
    assert network_name("dev") == "reconciler-dev"
