"""The page's table is the catalogue's, and the README's numbers are."""

from pathlib import Path

import pytest

import symdiff
from comparisons.engines.every import ENGINES
from tools.coverage import END, START, renewed, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "catalogue.md"


def test_the_page_s_table_is_made_from_the_catalogue():
    """`make coverage` would change nothing."""
    text = PAGE.read_text(encoding="utf-8")

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


def test_the_readme_counts_what_there_is():
    """Its numbers are the catalogue's."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    losses = len(symdiff.losses) + len(symdiff.array_losses)

    assert f"{len(symdiff.activations)} activations in six families" in readme
    assert f"{losses} losses, {len(symdiff.layers)} layers" in readme
    assert f"{len(ENGINES)} ways in which" in readme
