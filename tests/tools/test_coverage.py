"""The README's table is the catalogue's."""

from pathlib import Path

import pytest

import symdiff
from tools.coverage import END, START, renewed, table

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_s_table_is_made_from_the_catalogue():
    """`make coverage` would change nothing."""
    text = README.read_text(encoding="utf-8")

    assert renewed(text) == text


def test_it_has_every_name():
    """Each activation, loss and engine, once."""
    for name in [*symdiff.activations, *symdiff.losses]:
        assert table().count(f"`{name}`") >= 1


def test_what_is_out_of_date_is_renewed():
    """Whatever stood between the marks is replaced, and nothing else."""
    text = f"before\n{START}\nold\n{END}\nafter"

    assert renewed(text) == f"before\n{START}\n{table()}\n{END}\nafter"
    with pytest.raises(ValueError, match="has no lines"):
        renewed("no marks")
