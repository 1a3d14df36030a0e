"""`python3 /opt/chaos`: the helper's beginning, small because a program's first file is compiled at each start."""

import os

from fault_helper.program import main

# Not by way of an interpreter that is being taken down: a SIGTERM would kill it there, and all is undone already.
os._exit(main())
