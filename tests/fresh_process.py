"""Scripts that are run each in a process of its own, in which torch is imported and nothing done.

Importing it takes a second, a fork of a process that has it some milliseconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

_FORKING = """
import json, os, sys, traceback
import torch

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, path in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
        os.chdir(asked["folder"])
        status = 0
        try:
            exec(compile(asked["code"], "<string>", "exec"), {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Done(NamedTuple):
    """What a script printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


def run_fresh(code: str, folder: Path) -> Done:
    """What a script prints that is run in a folder, as `python -c` runs it."""
    server = _server()
    with TemporaryDirectory() as kept:
        out, err = Path(kept, "out"), Path(kept, "err")
        asked = {"code": code, "folder": str(folder), "out": str(out), "err": str(err)}
        print(json.dumps(asked), file=server.stdin, flush=True)
        status = server.stdout.readline()
        if not status:
            raise RuntimeError("the process that forks has ended")
        return Done(int(status), out.read_text("utf-8"), err.read_text("utf-8"))


@cache
def _server() -> subprocess.Popen[str]:
    """One for all tests of a process; it ends when its input does, with this process."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _FORKING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
