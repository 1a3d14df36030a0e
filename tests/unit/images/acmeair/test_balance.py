"""Which server is asked: our zone's first, in turn, none that keeps failing, and each again when its time has come."""

from collections import Counter

from acmeair.balance import LONGEST_SECONDS, OPEN_AFTER, SHORTEST_SECONDS, Balancer
from acmeair.eureka import Server

NEAR1, NEAR2 = Server("auth1:8080", "10.0.0.1", 8080, "az1"), Server("auth3:8080", "10.0.0.3", 8080, "az1")
FAR = Server("auth2:8080", "10.0.0.2", 8080, "az2")


def balancer(*servers: Server) -> Balancer:
    made = Balancer("az1")
    made.replace(servers)
    return made


def fail(one: Balancer, server: Server, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        one.failed(server, now)


def test_nobody_is_chosen_where_nobody_is_known() -> None:
    assert balancer().choose(0.0) is None


def test_our_own_zone_is_asked_in_turn_and_the_other_not_at_all() -> None:
    one = balancer(FAR, NEAR1, NEAR2)
    assert Counter(one.choose(0.0) for _ in range(100)) == {NEAR1: 50, NEAR2: 50}


def test_without_an_instance_in_our_zone_the_others_are_asked() -> None:
    assert balancer(FAR).choose(0.0) is FAR


def test_a_retry_goes_to_another_server_and_ends_when_all_were_tried() -> None:
    one = balancer(FAR, NEAR1)
    assert one.choose(0.0, [NEAR1]) is FAR
    assert one.choose(0.0, [NEAR1, FAR]) is None


def test_one_that_failed_is_avoided_for_a_while_and_then_asked_again() -> None:
    one = balancer(FAR, NEAR1)
    one.failed(NEAR1, 0.0)
    assert one.choose(SHORTEST_SECONDS / 2) is FAR
    assert one.choose(SHORTEST_SECONDS) is NEAR1


def test_one_that_failed_once_is_still_asked_where_nobody_else_is_left() -> None:
    one = balancer(NEAR1)
    one.failed(NEAR1, 0.0)
    assert one.choose(0.0) is NEAR1


def test_an_open_circuit_asks_nobody_then_one_request_at_a_time() -> None:
    one = balancer(NEAR1)
    fail(one, NEAR1, OPEN_AFTER)
    assert one.choose(1.9) is None
    assert one.choose(2.0) is NEAR1  # half a second, doubled twice
    assert one.choose(2.0) is None
    one.failed(NEAR1, 2.1)
    assert one.choose(2.2) is None


def test_a_success_closes_the_circuit() -> None:
    one = balancer(NEAR1)
    fail(one, NEAR1, OPEN_AFTER)
    assert one.choose(2.0) is NEAR1
    one.succeeded(NEAR1)
    assert [one.choose(2.0) for _ in range(3)] == [NEAR1] * 3


def test_one_that_cannot_now_is_asked_after_the_others_but_never_shut_out() -> None:
    one = balancer(NEAR1, FAR)
    for _ in range(OPEN_AFTER + 2):
        one.busy(NEAR1, 0.0)
    assert one.choose(0.0) == FAR
    assert one.choose(0.0, [FAR]) == NEAR1
    assert one.choose(SHORTEST_SECONDS) == NEAR1


def test_one_that_answers_its_trial_with_cannot_now_is_alive() -> None:
    one = balancer(NEAR1)
    fail(one, NEAR1, OPEN_AFTER)
    one.busy(NEAR1, LONGEST_SECONDS)
    assert one.choose(LONGEST_SECONDS) == NEAR1


def test_a_trial_of_which_nothing_was_heard_does_not_bar_the_server_for_ever() -> None:
    one = balancer(NEAR1)
    fail(one, NEAR1, OPEN_AFTER)
    assert one.choose(2.0) is NEAR1
    assert one.choose(60.0) is NEAR1


def test_the_wait_is_bounded() -> None:
    one = balancer(NEAR1)
    fail(one, NEAR1, 1000)
    assert one.choose(LONGEST_SECONDS - 0.1) is None
    assert one.choose(LONGEST_SECONDS) is NEAR1


def test_a_new_list_keeps_the_records_of_those_that_stay_and_a_replacement_starts_afresh() -> None:
    one = balancer(NEAR1, NEAR2)
    fail(one, NEAR1, OPEN_AFTER)
    one.replace([NEAR1])
    assert one.choose(0.0) is None
    reborn = Server(NEAR1.id, NEAR1.host, NEAR1.port, NEAR1.zone, born=1)
    one.replace([reborn])
    assert one.choose(0.0) is reborn


def test_news_of_a_server_that_left_the_list_changes_nothing() -> None:
    one = balancer(NEAR1)
    one.failed(FAR, 0.0)
    one.succeeded(FAR)
    assert one.servers == (NEAR1,)
