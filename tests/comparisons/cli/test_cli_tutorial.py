"""`symdiff tutorial`."""

import comparisons
import symdiff
from comparisons.cli.command import main


def test_each_problem_has_its_lines_beside_torchs_numbers(capsys):
    """All adjoints derived, torch's first entries, the verdict."""
    assert main(["tutorial", "--dtype", "float64"]) == 0
    out = capsys.readouterr().out

    for graph in (
        symdiff.neuron("tanh"),
        symdiff.linear_layer(),
        symdiff.vector_jacobian_product(),
    ):
        for line in str(symdiff.adjoints(graph)).splitlines():
            assert f"    {line}\n" in out
    found = comparisons.compare(comparisons.linear_layer()).adjoints["w"]
    assert f"w̄  {found.computed.ravel()[0]:.7g} " in out
    assert out.count("beside the truth") == 3
    assert "4 2 2 …" in out
