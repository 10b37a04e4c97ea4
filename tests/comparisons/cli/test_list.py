"""`symdiff list`."""

import json

import pytest

import symdiff
from comparisons.cli.command import main


def test_every_name_has_its_formula_and_source(capsys):
    """Nothing in the catalogue is left out."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()

    for definition in [*symdiff.activations.values(), *symdiff.losses.values()]:
        (line,) = (text for text in lines if text.split()[:1] == [definition.name])
        assert symdiff.text(definition.formula) in line
        assert definition.source in line
    assert any(line.startswith("  reverse ") for line in lines)


@pytest.mark.parametrize("kind", ["activations", "losses", "engines"])
def test_one_kind_alone(capsys, kind):
    """As JSON, only what was asked for."""
    assert main(["list", kind, "--json"]) == 0

    assert list(json.loads(capsys.readouterr().out)) == [kind]


def test_the_json_gives_parameters_as_exact_text(capsys):
    """A parameter is a fraction, and JSON has none."""
    main(["list", "activations", "--json"])
    entries = json.loads(capsys.readouterr().out)["activations"]

    (found,) = (e for e in entries if e["name"] == "leaky_relu")
    assert found["parameters"] == {"negative_slope": "1/100"}
    assert "negative" in found["latex"]
