"""Specs for tests of the console: a few small instances that beat, in two zones, and may be broken.

Before: tests, figures. After: the watched directory.
"""

TEXT = """\
# {name}: what people wrote here stays.
image: reconciler/base:latest
pull: never
size: {size}        # how many
zones: [az1, az2]
command: [sleep, infinity]
stop: {{grace: 0s, drain: 0s}}
health: {{heartbeat: {{interval: 1s, misses: 3}}}}
{more}"""

QUICK = "rollout: {strategy: rolling, bake: 0s}\n"
CANARY = "rollout: {strategy: canary, bake: 0s, canary: {size: 1}}\n"
JUDGED = "rollout: {strategy: red-black, bake: 0s, red-black: {keep: 60s, judged: true}}\n"
CHAOS = "chaos: {enabled: true}\n"


def text(name: str, size: int = 2, more: str = QUICK) -> str:
    """The file of one cluster."""
    return TEXT.format(name=name, size=size, more=more)
