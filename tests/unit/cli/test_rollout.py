"""`reconciler rollout`: sentences for people, edits of one file, refusals that change nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli import session
from reconciler.engine.store import FILE_NAME, Store
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.status import ClusterStatus, Phase, RolloutStatus
from reconciler.state.revisions import KeptRevision, Version
from tests.unit.cli.conftest import FakeLoop, Run
from tests.unit.console import worlds

FILE = "# the front\nimage: shop:3  # June\nsize: 4\nrollout: {bake: 2s}\n"
KEPT = (
    KeptRevision(
        version=Version(revision="v002", spec_hash="c", image_id="sha256:3"),
        at=3.0, text=FILE.encode(), file="web.yaml", image="shop:3", why="it never became ready",
    ),
    KeptRevision(
        version=Version(revision="v001", spec_hash="b", image_id="sha256:2"),
        at=2.0, text=b"image: shop:2  # May\nsize: 1\n", file="web.yaml", image="shop:2", good=True,
    ),
    KeptRevision(
        version=Version(revision="v000", spec_hash="a", image_id="sha256:1"),
        at=1.0, text=b"image: shop:1\nsize: 1\ncommand: [run]\n", file="web.yaml", image="shop:1", good=True,
    ),
)  # fmt: skip
REBUILT = (KEPT[0], replace(KEPT[0], version=Version(revision="v001", spec_hash="c", image_id="sha256:0"), good=True))


def rollout(phase: Phase, **changes: object) -> RolloutStatus:
    made = RolloutStatus(phase=phase, strategy="rolling", revision="v002", former="v001", updated=2, wanted=4)
    return replace(made, **({"available": 1} | changes))  # type: ignore[arg-type]


def web(found: RolloutStatus | None, *, ready: bool = False) -> ClusterStatus:
    conditions = (worlds.READY,) if ready else (worlds.condition("Ready", "False", "NotAllReady", "1 of 4"),)
    return replace(worlds.cluster("web", 4, conditions=conditions), rollout=found)


@pytest.fixture
def file(specs: Path) -> Path:
    path = specs / "web.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def show(loop: FakeLoop) -> Callable[..., None]:
    """Have the loop tell this of `web`; `waits` are the reasons that its plan of the files gives."""

    def told(found: RolloutStatus | None, *waits: str, ready: bool = False) -> None:
        loop.world = replace(loop.world, clusters=(web(found, ready=ready),))
        loop.plans = (Plan(cluster="web", waits=tuple(Wait(reason=w, message="") for w in waits)),)

    loop.revised = KEPT
    return told


Show = Callable[..., None]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (rollout(Phase.COMPLETE, available=4), "v002 is rolled out, 4 of 4 available"),
        (rollout(Phase.PROGRESSING), "v001 → v002, rolling: 2 of 4 updated, 1 available"),
        (rollout(Phase.CANARY, awaits_promotion=True), "`reconciler rollout promote web` goes on"),
        (
            rollout(Phase.JUDGING, strategy="red-black", available=4, awaits_promotion=True),
            "red/black: 4 stand without traffic; `reconciler rollout promote web` gives it the traffic",
        ),
        (
            rollout(Phase.SWITCHED, strategy="red-black"),
            "red/black: v002 has the traffic; `reconciler rollout undo web` returns to v001",
        ),
        (rollout(Phase.PAUSED), "paused, 2 of 4 updated, 1 available; `reconciler rollout resume web` goes on"),
        (rollout(Phase.ROLLING_BACK, message="it dies"), "v002 failed: it dies; going back to v001"),
        (rollout(Phase.ROLLED_BACK, message="it dies"), "v002 failed: it dies; v001 runs again until the file wants"),
        (rollout(Phase.FAILED, former=""), "v002 failed; it goes on trying: change the file\n"),
        (None, "no rollout is known; 4 of 4 ready"),
    ],
)
def test_status_says_how_far_it_is_and_what_to_type(
    run: Run, show: Show, found: RolloutStatus | None, said: str
) -> None:
    show(found)
    result = run("rollout", "status", "web")
    assert result.exit_code == 0
    assert said in result.stdout


def test_status_says_what_holds_it_up_besides(run: Run, loop: FakeLoop) -> None:
    held_up = [
        worlds.condition("Suspended", "True", "Suspended", "`reconciler resume web` takes it up again"),
        worlds.condition("Degraded", "True", "AllZonesClosed", "nothing is made"),
        worlds.condition("Degraded", "True", "RolledBack", "no"),
    ]
    cluster = replace(web(rollout(Phase.PROGRESSING)), conditions=tuple(held_up))
    loop.world = replace(loop.world, clusters=(cluster,))
    assert run("rollout", "status", "web").stdout.splitlines()[1:] == [
        "web: Suspended: `reconciler resume web` takes it up again", "web: AllZonesClosed: nothing is made",
    ]  # fmt: skip


def test_status_without_a_loop_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    world = worlds.world(web(rollout(Phase.COMPLETE, available=0)), loop_running=False)
    monkeypatch.setattr(session, "look", lambda _: world)
    assert "start a loop: reconciler run" in run("rollout", "status", "web").stderr


def test_status_on_a_narrow_terminal_breaks_no_word(run: Run, show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    show(rollout(Phase.CANARY, awaits_promotion=True))
    lines = run("rollout", "status", "web").stdout.splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(line.strip() for line in lines).endswith("`reconciler rollout undo web` goes back")


def test_status_for_scripts(run: Run, show: Show) -> None:
    show(rollout(Phase.PROGRESSING))
    told = json.loads(run("rollout", "status", "web", "-o", "json").stdout)
    assert (told["cluster"], told["ready"], told["rollout"]["phase"]) == ("web", False, "progressing")
    assert (told["rollout"]["revision"], told["scale"]) == ("v002", None)


WAITERS = (
    ("wait", "web"), ("rollout", "status", "web", "--wait"), ("apply", "web.yaml", "--wait"),
)  # fmt: skip


@pytest.mark.parametrize("command", WAITERS)
@pytest.mark.parametrize(
    ("found", "reason", "code", "said"),
    [
        (rollout(Phase.ROLLED_BACK, message="it dies"), "RolledBack", 4, "Rolled back: web: v002 failed: it dies; "),
        (rollout(Phase.JUDGING, awaits_promotion=True), "JudgmentWaiting", 3, "gives it the traffic"),
        (rollout(Phase.CANARY, awaits_promotion=True), "CanaryWaiting", 3, "`reconciler rollout promote web` goes on"),
        (rollout(Phase.PAUSED), "RolloutPaused", 3, "`reconciler rollout resume web` goes on"),
        (rollout(Phase.FAILED, message="no image"), "RolloutFailed", 3, "v002 failed: no image; it doesn't go back"),
    ],
)  # fmt: skip
def test_who_waits_is_told_at_once_where_nothing_more_comes_by_itself(
    run: Run, show: Show, command: tuple[str, ...], found: RolloutStatus, reason: str, code: int, said: str
) -> None:
    Path("web.yaml").write_text(FILE)
    show(found, reason)
    result = run(*command, "--timeout", "10m")
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert "within" not in result.stderr


@pytest.mark.parametrize("command", WAITERS)
def test_a_status_older_than_the_file_ends_no_waiting(
    run: Run, show: Show, file: Path, command: tuple[str, ...]
) -> None:
    Path("web.yaml").write_text(FILE)
    show(rollout(Phase.ROLLED_BACK, message="it dies"), "RollingOut")
    result = run(*command, "--timeout", "0")
    assert (result.exit_code, "within 0 s" in result.stderr) == (3, True)
    show(rollout(Phase.COMPLETE), ready=True)
    assert run(*command, "--timeout", "10m").exit_code == 0


@pytest.mark.parametrize("command", WAITERS)
def test_nobody_waits_for_the_end_of_a_group_that_is_only_kept(
    run: Run, show: Show, file: Path, command: tuple[str, ...]
) -> None:
    Path("web.yaml").write_text(FILE)
    show(rollout(Phase.SWITCHED, strategy="red-black", available=3), "Switched")
    assert run(*command, "--timeout", "0").exit_code == 3
    show(rollout(Phase.SWITCHED, strategy="red-black", available=4), "Switched")
    assert run(*command, "--timeout", "10m").exit_code == 0


@pytest.mark.parametrize("command", WAITERS)
def test_canaries_that_are_all_there_is_await_their_promotion_too(
    run: Run, show: Show, file: Path, command: tuple[str, ...]
) -> None:
    Path("web.yaml").write_text(FILE)
    show(rollout(Phase.CANARY, available=4, awaits_promotion=True), "CanaryWaiting", ready=True)
    result = run(*command, "--timeout", "10m")
    assert (result.exit_code, "4 of 4 ready, all of them canaries" in result.stderr) == (3, True)


@pytest.mark.parametrize("command", WAITERS)
def test_what_is_to_be_typed_names_the_environment(run: Run, show: Show, file: Path, command: tuple[str, ...]) -> None:
    Path("web.yaml").write_text(FILE)
    show(rollout(Phase.PAUSED), "RolloutPaused")
    result = run(*command, "--env", "ci")
    assert "`reconciler rollout resume web --env ci` goes on" in result.stderr
    assert run("rollout", "pause", "web", "--env", "ci").stdout.count("--env ci") == 1


def test_one_that_goes_back_when_time_is_over_counts_as_rolled_back(run: Run, show: Show, file: Path) -> None:
    show(rollout(Phase.ROLLING_BACK, message="it dies"), "RolledBack")
    assert run("rollout", "status", "web", "--wait", "--timeout", "0").exit_code == 4


def test_history_says_what_came_with_each_and_how_it_went(run: Run, show: Show, file: Path) -> None:
    show(rollout(Phase.ROLLED_BACK))
    lines = run("rollout", "history", "web").stdout.splitlines()
    assert lines[0].split() == ["REVISION", "WHEN", "RUNS", "STATE", "IMAGE"]
    assert [line.split()[0] for line in lines if line.startswith("v")] == ["v002", "v001", "v000"]
    assert lines[1].endswith("0  failed, in the file  shop:3")
    assert lines[2:4] == ["    failed: it never became ready", "    image: shop:2 → shop:3"]
    assert lines[5:7] == ["    command: [run] → (none)", "    image: shop:1 → shop:2"]
    told = json.loads(run("rollout", "history", "web", "-o", "json").stdout)
    assert [(row["revision"], row["state"], row["in_file"]) for row in told] == [
        ("v002", "failed", True), ("v001", "good", False), ("v000", "good", False),
    ]  # fmt: skip
    assert run("rollout", "history", "web", "--revision", "v000").stdout.encode() == KEPT[2].text
    assert run("rollout", "history", "web", "--revision", "v009").exit_code == 64


def test_what_was_given_up_before_it_was_whole_is_unfinished(run: Run, show: Show, loop: FakeLoop, file: Path) -> None:
    show(rollout(Phase.PROGRESSING))
    emptied = b'image: shop:3\nsize: 4\nenvironment: {MODE: ""}\n'
    loop.revised = (
        replace(KEPT[0], why="", text=emptied), replace(KEPT[0], why="", version=replace(KEPT[1].version)),
    )  # fmt: skip
    told = json.loads(run("rollout", "history", "web", "-o", "json").stdout)
    assert [row["state"] for row in told] == ["new", "unfinished"]
    assert [(c["field"], c["after"]) for c in told[0]["changes"]] == [("environment.MODE", '""')]


def test_history_comes_from_the_store_where_no_loop_runs(run: Run, file: Path, tmp_path: Path) -> None:
    none = run("rollout", "history", "web")
    assert (none.exit_code, "web has no history" in none.stderr) == (1, True)
    (tmp_path / "state").mkdir(exist_ok=True)
    store = Store(tmp_path / "state" / FILE_NAME, lambda _: None)
    store.remember_revisions("web", tuple(reversed(KEPT)))
    store.flush()
    store.close()
    assert [row["revision"] for row in json.loads(run("rollout", "history", "web", "-o", "json").stdout)] == [
        "v002", "v001", "v000",
    ]  # fmt: skip
    assert run("rollout", "undo", "web").exit_code == 0
    assert "image: shop:2  # May\n" in file.read_text()


def test_undo_writes_the_newest_good_template_back_and_nothing_else(
    run: Run, show: Show, loop: FakeLoop, file: Path
) -> None:
    result = run("rollout", "undo", "web", "--dry-run")
    assert "-image: shop:3  # June\n+image: shop:2  # May\n" in result.stdout
    assert file.read_text() == FILE
    result = run("rollout", "undo", "web")
    assert result.stdout == "web: back to v001\n  image: shop:3 -> shop:2\n"
    assert file.read_text() == FILE.replace("shop:3  # June", "shop:2  # May")
    assert loop.asked[-1] == "rescan"
    assert run("rollout", "undo", "web", "--to", "v000").exit_code == 0
    assert file.read_text() == "# the front\nimage: shop:1\nsize: 4\ncommand: [run]\nrollout: {bake: 2s}\n"


def test_undo_in_the_middle_goes_to_where_it_came_from_if_nothing_was_ever_complete(
    run: Run, show: Show, loop: FakeLoop, file: Path
) -> None:
    loop.revised = tuple(replace(kept, good=False) for kept in KEPT)
    show(rollout(Phase.CANARY, former="v000"))
    assert run("rollout", "undo", "web").stdout.startswith("web: back to v000\n")


@pytest.mark.parametrize(
    ("found", "goal"),
    [
        (rollout(Phase.COMPLETE, revision="v003", former="v000"), "v000"),  # v001 and v002 were left before that
        (rollout(Phase.ROLLED_BACK, revision="v003", former="v001"), "v001"),
        (
            rollout(Phase.COMPLETE, revision="v001", former="v000"),
            "v001",
        ),  # the loop has not seen the file's latest yet
        (rollout(Phase.COMPLETE, revision="v003", former=""), "v001"),
    ],
)
def test_undo_goes_to_where_the_present_came_from_whatever_else_is_newer(
    run: Run, show: Show, loop: FakeLoop, file: Path, found: RolloutStatus, goal: str
) -> None:
    newest = replace(KEPT[0], version=Version(revision="v003", spec_hash="d", image_id="sha256:4"), good=True, why="")
    show(found)
    loop.revised = (newest, *KEPT)
    assert run("rollout", "undo", "web").stdout.startswith(f"web: back to {goal}\n")


def test_undo_jumps_over_nothing_where_only_the_meaning_of_a_tag_changed(
    run: Run, show: Show, loop: FakeLoop, file: Path
) -> None:
    show(rollout(Phase.COMPLETE))
    loop.revised = (*REBUILT, KEPT[2])
    result = run("rollout", "undo", "web")
    assert (result.exit_code, "`docker tag sha256:0 shop:3`" in result.stderr) == (1, True)
    assert "another one is named with --to" in result.stderr
    assert file.read_text() == FILE


@pytest.mark.parametrize(
    ("kept", "to", "code", "said"),
    [
        ((), None, 1, "web has no history"),
        (KEPT, "v007", 64, "no revision 'v007' is known; there are v002, v001, v000"),
        (KEPT, "1", 64, "no revision looks like that"),
        (KEPT, "v002", 1, "says what v002 was made from already"),
        (KEPT[:1], None, 1, "there is nothing to go back to"),
        ((KEPT[0], replace(KEPT[1], good=False)), None, 1, "name one with --to: v001 (never complete)"),
        ((KEPT[0], replace(KEPT[1], text=b"")), "v001", 1, "the text of v001 isn't known any more"),
        (REBUILT, "v001", 1, "v001 and v002 differ by the image that `shop:3` meant"),
        (REBUILT, None, 1, "`docker tag sha256:0 shop:3`"),
    ],
)  # fmt: skip
def test_undo_refuses_clearly(
    run: Run, loop: FakeLoop, file: Path, kept: tuple[KeptRevision, ...], to: str | None, code: int, said: str
) -> None:
    loop.revised = kept
    result = run("rollout", "undo", "web", *(("--to", to) if to else ()))
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert file.read_text() == FILE


def test_pause_resume_and_restart_are_edits_of_the_file(run: Run, show: Show, file: Path) -> None:
    assert "was not paused" in run("rollout", "resume", "web").stdout
    assert file.read_text() == FILE
    assert run("rollout", "pause", "web").exit_code == 0
    assert file.read_text() == FILE.replace("2s}", "2s, paused: true}")
    assert "was paused already" in run("rollout", "pause", "web").stdout
    assert "is paused" in run("rollout", "restart", "web").stderr
    assert run("rollout", "resume", "web").exit_code == 0
    assert 'paused: false, restarted: "2' in file.read_text()


def test_promote_is_for_a_canary_that_stands(run: Run, show: Show, file: Path) -> None:
    show(rollout(Phase.PROGRESSING))
    result = run("rollout", "promote", "web")
    assert (result.exit_code, "no canary and no group stands" in result.stderr) == (1, True)
    assert "v001 -> v002, rolling: 2 of 4 updated" in result.stderr
    show(rollout(Phase.CANARY, strategy="canary", awaits_promotion=True))
    canary = FILE.replace("{bake: 2s}", "\n  strategy: canary")
    file.write_text(canary)
    assert run("rollout", "promote", "web").stdout == "web: v002 goes on to all instances\n"
    assert file.read_text() == canary + "  promoted: v002\n"


def test_promote_gives_a_group_that_is_judged_the_traffic(run: Run, show: Show, file: Path) -> None:
    show(rollout(Phase.JUDGING, strategy="red-black", awaits_promotion=True))
    judged = FILE.replace("{bake: 2s}", "\n  strategy: red-black\n  red-black: {judged: true}")
    file.write_text(judged)
    assert run("rollout", "promote", "web").stdout == "web: v002 gets the traffic\n"
    assert file.read_text() == judged + "  promoted: v002\n"


@pytest.mark.parametrize("command", ["undo", "restart", "pause", "resume"])
def test_a_task_has_no_rollouts(run: Run, show: Show, specs: Path, command: str) -> None:
    (specs / "web.yaml").write_text("kind: TaskSpec\nimage: shop:1\n")
    result = run("rollout", command, "web")
    assert (result.exit_code, "web is a task" in result.stderr) == (1, True)


@pytest.mark.parametrize(("read_only", "named"), [("web.yaml", "web.yaml"), ("", "specs")])
@pytest.mark.parametrize(
    "command",
    [
        ("scale", "web", "2"), ("rollout", "undo", "web"), ("rollout", "restart", "web"), ("delete", "web"),
        ("apply", "new/web.yaml"), ("apply", "--prune", "new"),
    ],
)  # fmt: skip
def test_what_is_read_only_is_refused_to_root_too(
    run: Run, loop: FakeLoop, specs: Path, file: Path, read_only: str, named: str, command: tuple[str, ...]
) -> None:
    loop.revised = KEPT
    (new := Path("new")).mkdir()
    (new / "web.yaml").write_text(FILE.replace("4", "5"))
    (new / "db.yaml").write_text(FILE)
    place = specs / read_only
    mode = place.stat().st_mode
    place.chmod(0o555)
    result = run(*command)
    place.chmod(mode)
    assert result.exit_code == 1
    assert f"{named} is read-only: make it writable (`chmod u+w" in result.stderr
    assert (file.read_text(), [entry.name for entry in specs.iterdir()]) == (FILE, ["web.yaml"])
    assert {*loop.asked} <= {"revisions web"}


def test_what_a_read_only_file_says_already_is_no_obstacle(run: Run, loop: FakeLoop, file: Path) -> None:
    file.chmod(0o444)
    Path("web.yaml").write_text(FILE)
    assert run("apply", "web.yaml").exit_code == 0
    assert run("rollout", "resume", "web").exit_code == 0


def test_scale_of_what_is_scaled_by_itself_says_what_it_means(run: Run, show: Show, file: Path) -> None:
    file.write_text(FILE + "autoscale: {min: 2, max: 9, metric: cpu, target: 60}\n")
    result = run("scale", "web", "3")
    assert (result.exit_code, "between 2 and 9" in result.stderr) == (0, True)
    assert run("scale", "web", "10").exit_code == 1
    assert "size: 3\n" in file.read_text()
