"""What is put into the container is all that the program needs, and no more."""

import subprocess
import sys
from pathlib import Path

from reconciler.dns.container.code import PROGRAM, code, library, modules
from reconciler.dns.container.settings import ROOM


def test_the_program_and_all_it_imports_later_load_in_a_bare_interpreter(tmp_path: Path) -> None:
    for file in (*code(), *library()):
        path = tmp_path / Path(file.path).relative_to(ROOM)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    load = "import importlib, sys; sys.path.insert(0, sys.argv[1]); [importlib.import_module(m) for m in sys.argv[2:]]"
    ours = sorted(modules(PROGRAM))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", load, str(tmp_path), *ours, "dns.message", "dns.rdtypes.IN.SRV"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_nothing_that_decides_or_touches_the_engine_is_among_it() -> None:
    rooms = {name.split(".")[1] for name in modules(PROGRAM) if "." in name}
    assert rooms == {"dns", "engine", "errors", "state"}
    engine = {name for name in modules(PROGRAM) if name.startswith("reconciler.engine.")}
    assert not {name for name in engine if "docker" in name or "store" in name}


def test_no_file_is_there_twice_or_outside_of_the_room() -> None:
    paths = [file.path for file in (*code(), *library())]
    assert len(set(paths)) == len(paths)
    assert all(path.startswith(f"{ROOM}/") for path in paths)
