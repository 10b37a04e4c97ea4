"""What a user's mistake is answered with."""

import pytest


def says(call, kind, part):
    """Whether a call is refused by an error of a kind, in one sentence that has a part."""
    with pytest.raises(kind) as raised:
        call()
    sentence = str(raised.value)
    return part in sentence and "\n" not in sentence and len(sentence) < 500
