"""`python3 /opt/chaos`: the helper's beginning, small because a program's first file is compiled at each start."""

import sys

from fault_helper.program import main

sys.exit(main())
