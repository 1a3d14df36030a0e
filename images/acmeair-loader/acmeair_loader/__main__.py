"""Runs the loader. Exit 0: loaded. 64: a setting can't be used. 69: Cassandra wasn't there in time; run it again."""

import os
import socket
import sys
from datetime import UTC, datetime

from acmeair.log import say
from acmeair.settings import SettingsError, read_settings
from acmeair_loader.loading import Loader, NotLoaded

BAD_SETTING, UNAVAILABLE = 64, 69


def main() -> int:
    """One run; its exit code."""
    try:
        settings = read_settings(os.environ, socket.gethostname())
        Loader(settings, datetime.now(UTC).date()).run()
    except SettingsError as error:
        say("loader", "refused", level="error", reason=error)
        return BAD_SETTING
    except NotLoaded as error:
        say("loader", "not-loaded", level="error", reason=error, fix="look at Cassandra, then run the loader again")
        return UNAVAILABLE
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # The driver's threads are of no use any more, and joining them takes its time.
    os._exit(code)
