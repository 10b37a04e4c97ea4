"""Machine code is kept where there is a place for it, and made where there is none."""

import numba

from symdiff.float_balls.jit import compiled


def test_without_a_place_it_is_compiled_all_the_same(monkeypatch):
    """As with a package folder and a home that cannot be written."""
    made = numba.njit

    def no_place(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function 'f': no locator available for file")
        return made(*args, **options)

    monkeypatch.setattr(numba, "njit", no_place)

    @compiled(nogil=True)
    def twice(x):
        return x + x

    assert twice(2.0) == 4.0
