"""The exit codes of the commands."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code that the shell sees.

    Source: sysexits.h of 70 and 74; bash has 128 + a signal's number.
    """

    DONE = 0  # and all agree, or nothing got worse
    DISAGREES = 1  # something does, or got worse
    USAGE = 2
    CRASHED = 70  # a defect of symdiff's: nothing is said of any gradient
    FILES = 74  # something could not be read or written
    INTERRUPTED = 130
    READER_LEFT = 141  # of what was printed, as `head` leaves
