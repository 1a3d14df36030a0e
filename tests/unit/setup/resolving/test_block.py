"""Our lines in resolv.conf come and go, and every other byte stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.setup.resolving.block import block, with_block, without_block

ORIGINALS = [
    b"nameserver 10.0.0.53\n",
    b"nameserver 10.0.0.53",
    b"",
    b"\n\n",
    b"search corp.example\r\nnameserver 10.0.0.53\r\n",
    b"# caf\xe9, no UTF-8\noptions edns0\n\nnameserver ::1\n",
]


@pytest.mark.parametrize("original", ORIGINALS)
def test_what_is_taken_back_leaves_every_byte_as_it_was(original: bytes) -> None:
    changed = with_block(original, "dev", "10.224.0.1")
    assert changed.startswith(b"# reconciler dev: begin\nnameserver 10.224.0.1\n# reconciler dev: end\n")
    assert without_block(changed, "dev") == original


@given(st.binary(max_size=200))
def test_any_file_comes_back_whole(original: bytes) -> None:
    both = with_block(with_block(original, "dev", "10.224.0.1"), "ci", "10.225.0.1")
    without_dev = without_block(both, "dev")
    assert without_dev is not None
    assert without_block(without_dev, "ci") == original


def test_twice_is_once_also_beside_another_environment() -> None:
    once = with_block(b"nameserver 10.0.0.53\n", "dev", "10.224.0.1")
    assert with_block(once, "dev", "10.224.0.1") == once
    both = with_block(once, "ci", "10.225.0.1")
    assert with_block(both, "dev", "10.224.0.1") == both
    assert both.count(b"nameserver") == 3


def test_each_environment_takes_out_only_its_own() -> None:
    both = with_block(with_block(b"nameserver 10.0.0.53\n", "dev", "10.224.0.1"), "dev2", "10.225.0.1")
    assert without_block(both, "dev") == with_block(b"nameserver 10.0.0.53\n", "dev2", "10.225.0.1")


def test_another_address_takes_the_place_of_the_old_one() -> None:
    old = with_block(b"nameserver 10.0.0.53\n", "dev", "10.224.0.1")
    assert with_block(old, "dev", "10.240.0.1") == block("dev", "10.240.0.1") + b"nameserver 10.0.0.53\n"


def test_a_file_that_was_not_there_goes_again_with_the_last_environment() -> None:
    both = with_block(with_block(None, "dev", "10.224.0.1"), "ci", "10.225.0.1")
    one = without_block(both, "dev")
    assert one is not None
    assert without_block(one, "ci") is None


def test_a_beginning_without_an_end_is_left_alone() -> None:
    torn = b"# reconciler dev: begin\nnameserver 10.0.0.53\n"
    assert without_block(torn, "dev") == torn


def test_what_others_wrote_below_our_block_stays() -> None:
    changed = with_block(b"nameserver 10.0.0.53\n", "dev", "10.224.0.1") + b"options ndots:2\n"
    assert without_block(changed, "dev") == b"nameserver 10.0.0.53\noptions ndots:2\n"
