"""What holds for every test, and for the processes that tests start.

One torch thread a process: two cost 16 ms a call on a busy machine, and xdist has both cores.
Modules are compiled once for all processes: a hundred of them are started, and each would spend
seconds on it where Python is told to keep no bytecode.
"""

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["pytester"]
