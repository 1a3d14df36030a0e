"""The console over an environment on paper, to look at its pages without an engine.

    python -m tests.support.fake_console [--port 8600] [--instances 200] [--healthy] [--read-only]

Something happens there every few seconds, so that what is live can be seen. Ctrl-C ends it.
"""

import argparse
import itertools
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.api.http.server import listen
from reconciler.cli.services.serving import site_of
from reconciler.loop.settings import ConsoleSettings, Settings
from reconciler.plan.status import Verdict, WorldStatus
from tests.support.fake_services import Fake, fake_services
from tests.support.fake_world import demo_events, demo_world, healthy_world, large_world

TOKEN = "look-at-the-pages"  # it opens nothing
_MOMENT_SECONDS = 3.0


def main() -> None:
    """Serve until Ctrl-C."""
    asked = _asked()
    fake = fake_services(_world(asked), events=demo_events(now=time.time()), read_only=asked.read_only)
    console = ConsoleSettings(host="127.0.0.1", port=asked.port, read_only=asked.read_only)
    listener = listen(console.host, console.port)
    with TemporaryDirectory(prefix="reconciler-pages-") as place:
        settings = Settings(env="dev", domain="docker", state=Path(place), specs=Path(place))
        settings.token_file.touch(mode=0o600)
        settings.token_file.write_text(f"{TOKEN}\n")
        site = site_of(listener, settings, console, fake.services, fake.operations)
        site.start()
        print(f"http://127.0.0.1:{site.server.port}/sign-in#{TOKEN}", flush=True)
        try:
            _live(fake)
        except KeyboardInterrupt:
            print()
        finally:
            site.close()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The console over an environment on paper.")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument("--instances", type=int, default=0, help="a large environment of so many instances")
    parser.add_argument("--healthy", action="store_true", help="two clusters, all ready")
    parser.add_argument("--read-only", action="store_true")
    return parser.parse_args()


def _world(asked: argparse.Namespace) -> WorldStatus:
    if asked.instances:
        return large_world(asked.instances)
    return healthy_world() if asked.healthy else demo_world(time.time())


def _live(fake: Fake) -> None:
    """The first instance of a cluster falls and comes back, in turns."""
    for turn in itertools.count():
        time.sleep(_MOMENT_SECONDS)
        clusters = fake.backend.state.clusters
        if not clusters:
            continue
        one = clusters[turn // 2 % len(clusters)]
        verdict = Verdict.READY if turn % 2 else Verdict.STARTING
        members = (replace(one.instances[0], verdict=verdict), *one.instances[1:]) if one.instances else ()
        changed = replace(one, instances=members, ready=sum(1 for i in members if i.verdict is Verdict.READY))
        others = tuple(changed if c.name == one.name else c for c in clusters)
        fake.backend.state = replace(fake.backend.state, clusters=others)
        fake.backend.happens(one.name, "publish" if turn % 2 else "create", f"{one.name}-1", f"turn {turn}")


if __name__ == "__main__":
    main()
