from __future__ import annotations

import functools
import io
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sympy

import symdiff
from symdiff.expression.formula import real_symbol
from symdiff.functions import sigmoid, tanh
from symdiff.oracle.tables import cache

z = real_symbol("z")
EXPRESSION = sigmoid(z) * sigmoid(-z)


made_once = functools.cache(cache.build)  # how a table is made is asked elsewhere


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """Where this test's tables go; each is made once for all tests."""
    monkeypatch.setenv("SYMDIFF_CACHE_DIR", str(tmp_path / "tables"))
    monkeypatch.setattr(cache, "build", made_once)
    return tmp_path / "tables"


@pytest.fixture
def builds(directory, monkeypatch):  # noqa: ARG001 - which comes first
    """How often a table was built."""
    calls = []
    build = cache.build
    monkeypatch.setattr(cache, "build", lambda *args: calls.append(args) or build(*args))
    return calls


def only_file(directory):
    """The one table that is there."""
    (path,) = directory.iterdir()
    return path


def forge(path, key, **arrays):
    """A file with a right checksum and these arrays."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    content = buffer.getvalue()
    path.write_bytes(cache._MAGIC + cache._checksum(key, content) + content)


class TestTable:
    def test_is_built_once_and_then_read(self, builds):
        """The second call reads what the first wrote, number for number."""
        first, second = (cache.table(EXPRESSION, "float32") for _ in range(2))

        assert len(builds) == 1
        assert np.array_equal(first.tree, second.tree)
        assert np.array_equal(first.rows, second.rows, equal_nan=True)

    def test_one_flipped_bit_is_noticed(self, builds, directory):
        """In the mark, the checksum, the header or the numbers: the table is built anew."""
        cache.table(EXPRESSION, "float32")
        path = only_file(directory)
        whole = path.read_bytes()
        for done, place in enumerate([0, 20, 90, 5000, -1], start=1):
            data = bytearray(whole)
            data[place] ^= 1
            path.write_bytes(data)

            cache.table(EXPRESSION, "float32")

            assert len(builds) == 1 + done, place
            assert path.read_bytes()[place] == whole[place]  # and the file is whole again

    def test_a_short_or_foreign_file_is_replaced(self, builds, directory):
        """Whatever else lies there under the name is not a table."""
        cache.table(EXPRESSION, "float32")
        contents = [b"", b"symdiff table 1\n", b"\x93NUMPY", b"\0" * 1000]
        for done, content in enumerate(contents, start=1):
            only_file(directory).write_bytes(content)

            cache.table(EXPRESSION, "float32")

            assert len(builds) == 1 + done, content

    def test_the_file_of_another_expression_is_not_believed(self, builds, directory):
        """A whole file moved to another name fails its checksum, which covers the key."""
        cache.table(EXPRESSION, "float32")
        data = only_file(directory).read_bytes()
        key = cache._key(tanh(z), "float32")
        (directory / f"{key}.table").write_bytes(data)

        cache.table(tanh(z), "float32")

        assert len(builds) == 2

    def test_a_tree_that_leads_outside_its_arrays_is_not_believed(self, builds, directory):
        """The kernel checks no index, so a file with a right checksum is checked for it."""
        good = cache.table(EXPRESSION, "float32")
        tree = good.tree.copy()
        tree[1000] = 10**12 * 256 + 1
        forge(only_file(directory), cache._key(EXPRESSION, "float32"), tree=tree, rows=good.rows)

        cache.table(EXPRESSION, "float32")

        assert len(builds) == 2

    def test_a_pickle_is_never_loaded(self, builds, directory):
        """An object array, which would run code when loaded, is refused."""
        cache.table(EXPRESSION, "float32")
        objects = np.array([{"a": 1}], dtype=object)
        key = cache._key(EXPRESSION, "float32")
        forge(only_file(directory), key, tree=objects, rows=objects)

        cache.table(EXPRESSION, "float32")

        assert len(builds) == 2

    def test_a_directory_that_cannot_be_made_only_costs_time(self, builds, directory):
        """A file where the directory should be: tables are built and not kept."""
        directory.write_text("in the way")

        for _ in range(2):
            cache.table(EXPRESSION, "float32")

        assert len(builds) == 2

    def test_several_at_once_leave_one_whole_file(self, directory):
        """Writers replace the file whole; nothing half written or left over remains."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(cache.table, [z**2 + 1] * 4))

        path = only_file(directory)
        assert cache._read(path, path.stem, "float32") is not None


class TestKey:
    def test_tells_expressions_and_targets_apart(self):
        """The same expression for another target, and another expression, have other names."""
        keys = {cache._key(e, t) for e in (tanh(z), sigmoid(z)) for t in ("float32", "float64")}

        assert len(keys) == 4

    def test_does_not_depend_on_the_variable_s_name(self):
        """tanh(x) is tanh(z)."""
        assert cache._key(tanh(real_symbol("x")), "float32") == cache._key(tanh(z), "float32")

    def test_changes_with_the_code(self, monkeypatch):
        """A table made by other code is not found."""
        before = cache._key(tanh(z), "float32")
        monkeypatch.setattr(cache, "_version", lambda: "another")

        assert cache._key(tanh(z), "float32") != before

    @pytest.mark.parametrize(
        "source", ["functions/logistic.py", "oracle/tables/cell.py", "kinks/search.py"]
    )
    def test_changes_with_any_byte_of_any_source(self, tmp_path, source):
        """One byte more, or another name, in a copy of the package is another version."""
        package = Path(symdiff.__file__).parent
        copy = tmp_path / "symdiff"
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        assert cache.version_of(copy) == cache.version_of(package)

        with (copy / source).open("ab") as file:
            file.write(b"\n")

        assert cache.version_of(copy) != cache.version_of(package)

    @pytest.mark.parametrize("package", ["sympy", "python-flint", "numba", "numpy", "mpmath"])
    def test_changes_with_the_version_of_what_it_is_made_with(self, monkeypatch, package):
        """Another SymPy derives, another flint bounds, another numba compiles otherwise."""
        home, known = Path(symdiff.__file__).parent, cache.version
        before = cache.version_of(home)
        monkeypatch.setattr(cache, "version", lambda n: "0" if n == package else known(n))

        assert cache.version_of(home) != before

    def test_tells_what_restricts_apart(self):
        """1/z by itself, and as log' with log's domain."""
        assert cache._key(1 / z, "float32") != cache._key(1 / z, "float32", (sympy.log(z),))

    def test_tells_exact_constants_apart(self):
        """1/10 and the double nearest to it are different numbers."""
        near = sympy.Rational(*(0.1).as_integer_ratio())

        assert cache._key(z / 10, "float32") != cache._key(z * near, "float32")


class TestDirectory:
    def test_follows_the_xdg_convention(self, monkeypatch, tmp_path):
        """$SYMDIFF_CACHE_DIR, else symdiff in $XDG_CACHE_HOME, else in ~/.cache."""
        monkeypatch.delenv("SYMDIFF_CACHE_DIR")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert cache.directory() == tmp_path / "symdiff"

        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert cache.directory() == tmp_path / "home" / ".cache" / "symdiff"


class TestPlace:
    def test_a_pipe_in_a_table_s_place_is_not_waited_at(self, directory, builds):
        """It is replaced by the table."""
        cache.table(EXPRESSION, "float32")
        path = only_file(directory)
        path.unlink()
        os.mkfifo(path)
        cache.table(EXPRESSION, "float32")

        assert len(builds) == 2
        assert path.is_file()

    def test_nothing_with_a_right_checksum_is_not_believed(self, directory, builds):
        """An empty content, sealed."""
        cache.table(EXPRESSION, "float32")
        path = only_file(directory)
        path.write_bytes(cache._MAGIC + cache._checksum(path.stem, b""))
        cache.table(EXPRESSION, "float32")

        assert len(builds) == 2

    @pytest.mark.parametrize("mode", [0o777, 0o775, 0o755])
    def test_is_the_user_s_own(self, directory, mode):
        """One that others could write is closed to them, a new one is not open to begin with."""
        cache.table(EXPRESSION, "float32")
        assert directory.stat().st_mode & 0o777 == 0o700
        directory.chmod(mode)
        cache.table(EXPRESSION, "float32")

        assert directory.stat().st_mode & 0o022 == 0

    def test_another_user_s_folder_is_not_used(self, directory, builds):
        """Neither read nor written: whoever made it could forge a table."""
        cache.table(EXPRESSION, "float32")
        owner = directory.stat().st_uid
        os.chown(directory, 12345, -1) if owner == 0 else pytest.skip("only root gives away")
        cache.table(EXPRESSION, "float32")

        assert len(builds) == 2

    def test_a_user_without_a_home_has_none(self, builds, monkeypatch):
        """Every table is built, and no more."""
        for name in ("SYMDIFF_CACHE_DIR", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)

        def homeless():
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", homeless)
        cache.table(EXPRESSION, "float32")
        cache.table(EXPRESSION, "float32")

        assert len(builds) == 2
