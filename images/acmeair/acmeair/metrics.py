"""What a tier counts of itself, written once a second where the instance's agent reads it.

Before: asgi, which counts. After: the agent, whose beats carry the rates; autoscaling and canaries decide by them.
What can't be written is said once and never ends the tier.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from acmeair.log import Changes

EVERY_SECONDS = 1.0


@dataclass(slots=True)
class Counts:
    """Since the start: requests answered, and of those the ones that were our fault (500 and above). Health checks
    aren't counted: they come whatever the load is.
    """

    requests: int = 0
    errors: int = 0

    def note(self, status: int) -> None:
        """One more answer."""
        self.requests += 1
        self.errors += status >= 500

    def text(self) -> str:
        """One figure a line; the agent makes rates of names that end in `_total`."""
        return f"requests_total {self.requests}\nerrors_total {self.errors}\n"


async def keep_written(counts: Counts, path: str) -> None:
    """For ever; without a path nobody reads, and nothing is written."""
    log = Changes("metrics")
    if not path:
        return log.say("off", reason="RECONCILER_METRICS_FILE is empty")
    while True:
        try:
            # In a thread: a disk that hangs must hold up no request.
            await asyncio.to_thread(_write, path, counts.text())
        except OSError as error:
            log.say("unwritable", level="warning", reason=str(error))
        else:
            log.say("written", path=path)
        await asyncio.sleep(EVERY_SECONDS)


def _write(path: str, text: str) -> None:
    fresh = Path(f"{path}.new")
    fresh.write_text(text, encoding="ascii")
    fresh.replace(path)
