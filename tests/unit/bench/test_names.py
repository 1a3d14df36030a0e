"""What the figures about names are made of; nothing is measured here."""

import pytest

from tests.bench import names_load, names_server
from tests.bench.names_asked import question

SAID = """\
[Status] Sending queries (to 127.0.0.1:5399)
> NOERROR app0-web1.app0-web.bench.docker A 0.000400
> NOERROR app0-web2.app0-web.bench.docker A 0.000100
> NOERROR app0-web3.app0-web.bench.docker A 0.000300
> T app0-web4.app0-web.bench.docker A

  Queries lost:         1 (25.00%)
  Run time (s):         0.500000
"""


def test_a_round_of_dnsperf_is_read_from_what_it_tells_of_every_answer() -> None:
    assert names_load.read(SAID) == names_load.Load(rate=6.0, p99_seconds=0.0004, lost=1)


@pytest.mark.parametrize("said", [SAID.replace("NOERROR", "NXDOMAIN", 1), "", SAID.replace("Run time", "Ran")])
def test_a_round_that_was_not_answered_as_it_should_be_is_no_figure(said: str) -> None:
    with pytest.raises(RuntimeError, match="dnsperf was not answered"):
        names_load.read(said)


def test_every_name_that_is_asked_for_is_another_one_with_an_address_of_its_own() -> None:
    names = names_server.names(1000)
    assert len(names) == len(set(names.values())) == 1000
    assert names["app0-web1.app0-web.bench.docker"] == "10.77.0.1"


def test_a_question_asks_for_one_address_and_recursion() -> None:
    packet = question("web1.web.dev.docker", 258)
    assert (
        packet
        == b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04web1\x03web\x03dev\x06docker\x00\x00\x01\x00\x01"
    )
