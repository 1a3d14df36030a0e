"""The status table, compared whole: what a person sees is the contract."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from reconciler.console.events_view import clock, moment
from reconciler.console.glyphs import ASCII, UNICODE, Glyphs
from reconciler.console.notes import alarms
from reconciler.console.table import status_table
from reconciler.console.terminal import print_text
from reconciler.console.zones import verdict_word
from reconciler.plan.status import Phase, RolloutStatus, Verdict, WorldStatus
from reconciler.state.zones import ClosedZone
from tests.unit.console import worlds


def shown(world: WorldStatus, width: int | None = 80, glyphs: Glyphs = UNICODE, *, wide: bool = False) -> str:
    stream = StringIO()
    console = Console(file=stream, width=width or 80)
    print_text(console, status_table(world, width, glyphs=glyphs, wide=wide))
    return stream.getvalue()


def test_a_healthy_world_shows_numbers_and_zones_side_by_side() -> None:
    expected = """\
dev.docker · loop running, pid 4242 · specs /srv/specs

CLUSTER DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
auth          2       2       2     2     2 v000 0.4s ● Ready
webapp        4       4       4     4     4 v000 0.4s ● Ready

auth
  az1                 az2                 az3
  ● auth1 ready 0.4s  ● auth2 ready 0.4s

webapp
  az1                   az2                   az3
  ● webapp1 ready 0.4s  ● webapp2 ready 0.4s  ● webapp3 ready 0.4s
  ● webapp4 ready 0.4s
"""
    assert shown(worlds.healthy()) == expected


def test_a_rollout_with_dead_and_frozen_instances_says_what_is_done_and_why() -> None:
    expected = """\
dev.docker · loop running, pid 4242 · specs /srv/specs

CLUSTER DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
auth          2       2       2     2     2 v000 0.4s ● Ready
webapp        4       5       2     2     2 v001 4.2s ◐ Progressing

auth
  az1                 az2                 az3
  ● auth1 ready 0.4s  ● auth2 ready 0.4s

webapp
  az1                      az2                   az3
  ● webapp1 ready 0.2s     ● webapp2 ready v000  ◌ #3 suspect frozen
  ✖ #4 dead exit 137 v000  ◐ webapp5 starting
  Not ready    InstancesNotReady: 2 of 4 ready
  Progressing  RollingOut: image acmeair/webapp:1.0 -> 1.1
  Now          create webapp-4: exited with 137
  Now          wait for webapp-5: starting since 2 s
"""
    assert shown(worlds.rolling()) == expected


def test_rollouts_and_scales_say_how_far_they_are_and_what_to_type() -> None:
    expected = """\
ci.docker · loop running, pid 4242 · specs /srv/specs

CLUSTER DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
auth          2       2       2     2     2 v000 0.4s ✖ Degraded
shop          3       3       3     3     3 v000 0.4s ● Ready
webapp        4       4       1     4     4 v001 0.4s ◌ Not ready

auth
  az1                 az2                 az3
  ● auth1 ready 0.4s  ● auth2 ready 0.4s
  Rollout      v001 failed: auth-1 exited with 1, 5 times in a row; v000 runs
               again until the file wants another; `reconciler rollout undo auth
               --env ci` lets the file say so, too
  Not ready    RolledBack

shop
  az1                 az2                 az3
  ● shop1 ready 0.4s  ● shop2 ready 0.4s  ● shop3 ready 0.4s
  Scale        3 of 2–12, cpu 58 % of 60 %

webapp
  az1                   az2                   az3
  ● webapp1 ready v000  ● webapp2 ready v000  ● webapp3 ready v000
  ● webapp4 ready 0.4s
  Rollout      ━─── v000 → v001, canary: 1 of 4 updated, 1 available;
               `reconciler rollout promote webapp --env ci` goes on, `reconciler
               rollout undo webapp --env ci` goes back
  Not ready    NotAllReady: 1 of 4 updated
"""  # noqa: RUF001
    assert shown(worlds.releases()) == expected


def test_tasks_say_how_their_runs_go_and_went() -> None:
    expected = """\
dev.docker · loop running, pid 4242 · specs /srv/specs

CLUSTER DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
index         1       1       1     0     0 v000    - ◐ Progressing
loader        1       1       1     1     1 v000    - ● Ready
migrate       1       0       1     0     0 v000    - ✖ Degraded

index
  az1
  ◐ index1 running
  Not ready    NotAllReady: 0 of 1 are ready
  Progressing  TaskRunning: index-1 is running

loader
  az1
  ● loader1 completed

migrate
  az1
  ✖ migrate1 failed exit 3
  Not ready    NotAllReady: 0 of 1 are ready
  Degraded     TaskFailed: migrate-1 failed: exit 3, in run 7 of at most 7; see
               `reconciler logs migrate`
"""
    assert shown(worlds.tasks()) == expected


def test_a_broken_file_is_shown_with_its_place_beside_the_cluster_that_lives_on() -> None:
    expected = """\
dev.docker · loop running, pid 4242 · specs /srv/specs

▲ File         specs/db.yaml:1:1: the file is empty; delete it

CLUSTER DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
webapp        4       4       4     4     4 v000 0.4s ✖ Degraded

webapp
  az1                   az2                   az3
  ● webapp1 ready 0.4s  ● webapp2 ready 0.4s  ● webapp3 ready 0.4s
  ● webapp4 ready 0.4s
  Degraded     SpecUnreadable: the last good spec stays in force
  File         specs/webapp.yaml:4:7: size: -1 is less than 0; use 0 or a
               positive number of instances
"""
    assert shown(worlds.broken()) == expected


def test_what_is_held_says_why_and_what_to_type() -> None:
    expected = """\
dev.docker · loop running, pid 4242 · specs /srv/specs

▲ Held         3 clusters with 9 of 9 instances lost their files at once;
               nothing is removed
               bring the files back, or let it go on: reconciler confirm

CLUSTER   DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
auth            3       3       3     3     3 v000 0.4s ◌ Held
cassandra       3       3       3     3     3 v000 0.4s ◌ Held
webapp          3       3       3     3     3 v000 0.4s ◌ Held

auth
  az1                 az2                 az3
  ● auth1 ready 0.4s  ● auth2 ready 0.4s  ● auth3 ready 0.4s
  Held         MassDeletion: its file is gone

cassandra
  az1                      az2                      az3
  ● cassandra1 ready 0.4s  ● cassandra2 ready 0.4s  ● cassandra3 ready 0.4s
  Held         MassDeletion: its file is gone

webapp
  az1                   az2                   az3
  ● webapp1 ready 0.4s  ● webapp2 ready 0.4s  ● webapp3 ready 0.4s
  Held         MassDeletion: its file is gone
"""
    assert shown(worlds.held()) == expected


def test_without_a_loop_the_first_line_says_so_and_how_to_start_one() -> None:
    expected = """\
dev.docker · no loop running · specs /srv/specs
▲ heartbeats are unknown and nothing is repaired; start a loop: reconciler run
  /srv/specs

no clusters; make a first one: reconciler new hello
"""
    assert shown(worlds.empty()) == expected


def test_an_ascii_terminal_gets_ascii_only() -> None:
    expected = """\
dev.docker | loop running, pid 4242 | specs /srv/specs

! Heartbeats   3 of 3 instances fell silent together; nobody is replaced until
               beats return

CLUSTER DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
webapp        3       3       3     0     0 v000  17s ? Unknown

webapp
  az1                    az2                    az3
  ? webapp1 unknown 17s  ? webapp2 unknown 17s  ? webapp3 unknown 17s
  Not ready    ChannelBlind (unknown): silent since 17 s
"""
    assert shown(worlds.blind(), glyphs=ASCII) == expected


def test_fifty_instances_are_counted_and_the_odd_ones_named() -> None:
    expected = """\
dev.docker · loop running, pid 4242 · specs /srv/specs

CLUSTER   DESIRED CURRENT UPDATED READY AVAIL REV  BEAT STATE
auth            2       2       2     2     2 v000 0.4s ● Ready
webapp         50      50      50    48    48 v000 0.4s ◐ Progressing
web            12      12      12    12    12 v000 0.4s ● Ready
cassandra       6       6       6     6     6 v000 0.4s ● Ready

auth
  az1                 az2                 az3
  ● auth1 ready 0.4s  ● auth2 ready 0.4s

webapp
  az1                       az2                     az3
  ● 16 ready                ● 16 ready              ● 16 ready
  ◐ webapp31 starting 0.4s  ✖ #44 dead exit 1 0.4s
  Progressing  Replacing: 1 starting

web
  az1                 az2                 az3
  ● web1 ready 0.4s   ● web2 ready 0.4s   ● web3 ready 0.4s
  ● web4 ready 0.4s   ● web5 ready 0.4s   ● web6 ready 0.4s
  ● web7 ready 0.4s   ● web8 ready 0.4s   ● web9 ready 0.4s
  ● web10 ready 0.4s  ● web11 ready 0.4s  ● web12 ready 0.4s

cassandra
  az1                      az2                      az3
  ● cassandra1 ready 0.4s  ● cassandra2 ready 0.4s  ● cassandra3 ready 0.4s
  ● cassandra4 ready 0.4s  ● cassandra5 ready 0.4s  ● cassandra6 ready 0.4s
"""
    assert shown(worlds.fifty()) == expected


def test_wide_lists_every_instance_on_a_line() -> None:
    expected = """\
dev.docker | loop running, pid 4242 | specs /srv/specs

CLUSTER  DESIRED  CURRENT  UPDATED  READY  AVAIL  REV   BEAT  STATE
auth           2        2        2      2      2  v000  0.4s  * Ready
webapp         4        5        2      2      2  v001  4.2s  ~ Progressing

INSTANCE  CONTAINER     ZONE  STATE             PHASE    BEAT  REV   ADDRESS      STARTS  ID
auth1     dev-auth-1    az1   * ready           running  0.4s  v000  172.29.0.11       1  000000000001
auth2     dev-auth-2    az2   * ready           running  0.4s  v000  172.29.0.12       1  000000000002
webapp1   dev-webapp-1  az1   * ready           running  0.2s  v001  172.29.0.11       1  000000000001
webapp2   dev-webapp-2  az2   * ready           running  0.4s  v000  172.29.0.12       1  000000000002
webapp3   dev-webapp-3  az3   ! suspect frozen  paused   4.2s  v000  172.29.0.13       1  000000000003
webapp4   dev-webapp-4  az1   x dead exit 137   exited      -  v000  172.29.0.14       1  000000000004
webapp5   dev-webapp-5  az2   ~ starting        running     -  v001  172.29.0.15       1  000000000005

webapp
  Not ready    InstancesNotReady: 2 of 4 ready
  Progressing  RollingOut: image acmeair/webapp:1.0 -> 1.1
  Now          create webapp-4: exited with 137
  Now          wait for webapp-5: starting since 2 s
"""
    assert shown(worlds.rolling(), None, ASCII, wide=True) == expected


def test_wide_has_a_column_for_what_eureka_says_where_it_says_anything() -> None:
    world = worlds.rolling()
    first, *others = world.clusters
    one, *rest = first.instances
    told = replace(first, instances=(replace(one, registry="OUT_OF_SERVICE"), *rest))
    lines = shown(replace(world, clusters=(told, *others)), None, ASCII, wide=True).splitlines()
    ends = [line.split()[-1] for line in lines if line.startswith(("INSTANCE", "auth1", "auth2"))]
    assert ends == ["EUREKA", "OUT_OF_SERVICE", "-"]


@pytest.mark.parametrize("name", sorted(worlds.ALL))
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_no_line_is_longer_than_eighty_cells_or_ends_in_blanks(name: str, glyphs: Glyphs) -> None:
    for line in shown(worlds.ALL[name](), 80, glyphs).splitlines():
        assert len(line) <= 80
        assert line == line.rstrip()


@pytest.mark.parametrize("name", sorted(worlds.ALL))
def test_the_ascii_set_needs_nothing_but_ascii(name: str) -> None:
    assert shown(worlds.ALL[name](), 80, ASCII).isascii()


def test_through_a_pipe_no_name_is_cut() -> None:
    text = shown(worlds.long_names(), None)
    assert text.count("a-very-long-cluster-name-that-somebody-has-really-given-it-2026") >= 2
    assert "…" not in text


def test_escape_sequences_in_names_and_messages_do_not_reach_the_terminal() -> None:
    world = worlds.world(held=("\x1b[2Jboo\nnext",))
    text = shown(world)
    assert "\x1b" not in text
    assert "?[2Jboo next" in text


def test_names_that_do_not_answer_are_said_in_the_table_and_on_the_dashboard() -> None:
    world = replace(worlds.healthy(), names_problem="names do not answer: port 53 needs root")
    assert "Names" in status_table(world, 80).plain
    assert "names do not answer: port 53 needs root" in status_table(world, 80).plain
    assert [note.label for note in alarms(world)] == ["Names"]  # what the dashboard shows, too


def test_of_two_groups_side_by_side_the_one_without_traffic_is_idle() -> None:
    both = RolloutStatus(phase=Phase.SWITCHED, strategy="red-black", revision="v001", former="v000")
    served, other = replace(worlds.instance("shop", 1), serving=True), worlds.instance("shop", 2)
    shop = replace(worlds.cluster("shop", 2, instances=(served, other)), rollout=both)
    assert [verdict_word(one, shop) for one in shop.instances] == ["ready", "idle"]
    unseen = replace(shop, instances=(other,))  # without a loop nobody knows who serves
    assert verdict_word(other, unseen) == "ready"
    after = replace(shop, rollout=replace(both, phase=Phase.COMPLETE))
    assert verdict_word(other, after) == "ready"


def test_a_cluster_whose_file_says_no_traffic_says_so_and_everybody_is_idle() -> None:
    told = worlds.condition("NoTraffic", "True", "SpecSaysSo", "its file says `traffic: false`")
    shop = worlds.cluster("shop", 2, conditions=(worlds.READY, told))
    shop = replace(shop, traffic=False, instances=tuple(replace(one, serving=False) for one in shop.instances))
    shown = status_table(replace(worlds.healthy(), clusters=(shop,)), 100).plain
    assert "No traffic" in shown
    assert "its file says `traffic: false`" in shown
    assert {verdict_word(one, shop) for one in shop.instances} == {"idle"}


def test_a_run_that_is_being_stopped_says_so() -> None:
    run = replace(worlds.instance("loader", 1, Verdict.STOPPING), task=True)
    assert verdict_word(run, worlds.tasks().clusters[0]) == "stopping"


def test_a_fault_made_on_purpose_says_what_whom_and_until_when() -> None:
    until = clock(worlds.FAULT_ENDS_AT)
    faults = [note.text for note in alarms(worlds.broken_on_purpose()) if note.label == "Fault"]
    assert faults == [
        f"split-brain halves az1 | az2,az3: 6 instances, until {until} (k3f9)",
        "freeze web-1: left over on web-1; to end it: reconciler chaos heal a1b2",
    ]
    printed = status_table(worlds.broken_on_purpose()).plain
    assert all(len(line) <= 80 for line in printed.splitlines())
    assert "split-brain halves az1 | az2,az3" in printed


def test_a_closed_zone_is_said_above_the_table_and_beside_its_name() -> None:
    closed = (ClosedZone(zone="az2", since=1.0, until=3601.0, why="a new disk."), ClosedZone(zone="az3", since=1.0))
    text = shown(replace(worlds.healthy(), closed_zones=closed))
    assert f"▲ Closed       zone az2 until {moment(3601.0)} (a new disk); to open it:" in text
    assert "▲ Closed       zone az3; to open it: reconciler zone open az3\n" in text
    assert "  az1                   az2 closed            az3 closed\n" in text
    narrow = shown(replace(worlds.healthy(), closed_zones=closed), 40, ASCII)
    assert max(map(len, narrow.splitlines())) <= 62


def test_what_a_rollout_waits_for_is_said_once() -> None:
    paused = RolloutStatus(phase=Phase.PAUSED, strategy="rolling", revision="v001", former="v000", wanted=2)
    doing = ("RolloutPaused: v001 is paused; `reconciler rollout resume shop` goes on",)
    shop = replace(worlds.cluster("shop", 2), rollout=paused, doing=doing)
    assert status_table(worlds.world(shop), 80).plain.count("paused") == 1
    canary = replace(paused, phase=Phase.CANARY, awaits_promotion=True)
    doing = ("CanaryWaiting: 1 canary of v001 stands; `reconciler rollout promote shop` goes on",)
    shop = replace(shop, rollout=canary, doing=doing)
    assert status_table(worlds.world(shop), 80).plain.count("rollout promote") == 1
