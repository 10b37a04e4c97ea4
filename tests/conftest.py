"""One torch thread a process: two cost 16 ms a call on a busy machine, and xdist has both cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["pytester"]
