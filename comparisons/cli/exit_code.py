"""How a command ends."""

from enum import IntEnum


class ExitCode(IntEnum):
    """As the shell sees it; 130 is what shells give to an interrupted command."""

    DONE = 0  # and all agree, or nothing got worse
    DISAGREES = 1  # something does, or got worse
    USAGE = 2
    INTERRUPTED = 130
