"""Machine code is kept where there is a place for it, and made where there is none."""

from types import ModuleType

import numba

from symdiff.float_balls import jit
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


def test_kept_code_belongs_to_all_its_sources(monkeypatch):
    """A kernel is compiled anew when a file beside its own was changed."""

    def thrice(x):
        return 3 * x

    compiled(nogil=True)(thrice)(2.0)
    as_it_was = compiled(nogil=True)(thrice)
    as_it_was(2.0)
    monkeypatch.setattr(jit, "sources", lambda *_: "others")
    changed = compiled(nogil=True)(thrice)
    changed(2.0)

    assert sum(as_it_was.stats.cache_hits.values()) == 1
    assert sum(changed.stats.cache_hits.values()) == 0


def test_kept_code_belongs_to_the_modules_of_other_rooms_that_it_is_made_of(tmp_path):
    """A sweep's kernel calls those of the tables: a change there compiles it anew."""
    path = tmp_path / "kernel.py"
    path.write_text("FACTOR = 4\n")
    other = ModuleType("kernel")
    other.__file__ = str(path)

    def fourfold(x):
        return 4 * x

    compiled(made_of=(other,))(fourfold)(2.0)
    as_it_was = compiled(made_of=(other,))(fourfold)
    as_it_was(2.0)
    path.write_text("FACTOR = 5\n")
    jit.sources.cache_clear()
    changed = compiled(made_of=(other,))(fourfold)
    changed(2.0)

    assert sum(as_it_was.stats.cache_hits.values()) == 1
    assert sum(changed.stats.cache_hits.values()) == 0
