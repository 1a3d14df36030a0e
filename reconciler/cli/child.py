"""The command line in a process that a running loop starts: `python -P -m reconciler.cli.child WORDS…`.

Before: services.commands. After: main. A loop's threads have SIGINT and SIGTERM blocked, since one of them waits for
those, and a process inherits that: here they count again, so that a command can be told to end.
"""

import signal

from reconciler.cli.main import main

if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    main()
