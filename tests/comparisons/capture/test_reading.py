"""The learner's reading of code: its own names, letters, constants as written."""

import pytest
import torch
import torch.nn.functional as F
from hard_cases import drawn
from torch import nn

import comparisons
import symdiff

X, A, B = drawn(5, 4), drawn(4, 3), drawn(4, 3)


def attention(q, k, v):
    """Attention as people write it."""
    s = q @ k.mT / q.shape[-1] ** 0.5
    p = F.softmax(s, -1)
    return p @ v


class Residual(nn.Module):
    """A block that calls its result x again."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(4, 6), nn.Linear(6, 4)

    def forward(self, x):
        """Two layers beside the input."""
        h = self.up(x)
        return x + self.down(F.silu(h))


READINGS = [
    (
        lambda x, A, B: (x @ A) @ (x @ B).T,
        (X, A, B),
        """
        y = (x A) (x B)ᵀ

        ȳ = v
        x̄ = (v (x B)) Aᵀ + (vᵀ (x A)) Bᵀ
        Ā = xᵀ (v (x B))
        B̄ = xᵀ (vᵀ (x A))""",
    ),
    (
        attention,
        (X, X + 1, B.new_ones(5, 3)),
        """
        s = q kᵀ/2
        p = softmax_l(s)
        y = p v

        ȳ = v_y
        p̄ = v_y vᵀ
        s̄ = p ∘ (p̄ − Σ_l p̄ ∘ p)
        q̄ = s̄ k/2
        k̄ = s̄ᵀ q/2
        v̄ = pᵀ v_y""",
    ),
    (
        Residual(),
        (X,),
        """
        h = x up_weightᵀ + up_bias
        y = (h ∘ σ(h)) down_weightᵀ + down_bias + x

        ȳ = v
        h̄ = (σ(h) + h ∘ σ(h) ∘ σ(−h)) ∘ (v down_weight)
        x̄ = h̄ up_weight + v
        ūp_weight = h̄ᵀ x
        ūp_bias = Σ_i h̄
        d̄own_weight = vᵀ (h ∘ σ(h))
        d̄own_bias = Σ_i v""",
    ),
]


@pytest.mark.parametrize(("function", "args", "reading"), READINGS, ids=["lambda", "def", "module"])
def test_code_is_read_in_its_own_names(function, args, reading):
    """Local variables are lines, axes have letters, nothing is transposed without need."""
    printed = str(comparisons.closed_form(function, *args)).splitlines()

    assert printed == [line.strip() for line in reading.strip("\n").splitlines()]


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (lambda x: 0.1 * x, "x̄ = 0.1 v"),
        (lambda x: x / 8**0.5, "x̄ = v/2.8284271247461903"),
        (lambda x: 1e300 * x, "x̄ = 1e+300 v"),
        (lambda x: 3 * x / 4, "x̄ = 3 v/4"),
        (lambda x: x[1:, ::2].T, "x̄ = into[1:, ::2](vᵀ)"),
        (lambda x: x.T.contiguous().T, "x̄ = v"),
        (lambda x: torch.tanh(x * x) @ x.T, "y = tanh(x²) xᵀ"),
        (lambda x: (x * x.exp()) @ x.T, "y = (x ∘ exp(x)) xᵀ"),
        (lambda x: torch.tanh(x * x.exp()) @ x.T, "y = tanh(x ∘ exp(x)) xᵀ"),
    ],
    ids=[
        "0.1",
        "a root",
        "1e300",
        "a fraction",
        "a transposed slice",
        "a copy",
        "square",
        "∘",
        "within",
    ],
)
def test_what_was_written_is_what_is_read(function, line):
    """Constants as decimals where a fraction would not have been typed; slices as slices."""
    assert line in str(comparisons.closed_form(function, X)).splitlines()


def test_the_memory_of_an_input_leaves_no_trace():
    """A column block and a transpose are read as the matrices that they are."""
    wide = drawn(5, 9)[:, 2:5]
    read = [str(comparisons.closed_form(lambda x, w: x @ w, *p)) for p in ((wide, B.T), (A, B.T))]

    assert read[0] == read[1]


def test_a_line_too_long_to_be_read_is_taken_apart():
    """What occurs several times has a name of its own."""
    read = comparisons.closed_form(nn.LayerNorm(4), X)

    assert "t1 = Σ_j input/4" in str(read).splitlines()


def test_the_adjoints_are_the_gradients():
    """The lines on the way change no value: torch's gradients come out of the printed form."""
    x, w = X.clone().requires_grad_(), A.clone().requires_grad_()

    def f(x, w):
        h = torch.tanh(x @ w)
        h = h * h.sum(0)
        return (h.T @ x).sum()

    f(x, w).backward()
    found = comparisons.closed_form(f, x, w).adjoints.lambdify()(
        x=x.detach().numpy(), w=w.detach().numpy()
    )

    assert found["x"] == pytest.approx(x.grad.numpy(), rel=1e-12)
    assert found["w"] == pytest.approx(w.grad.numpy(), rel=1e-12)


def test_what_holds_here_only_is_said():
    """A branch on a number."""
    read = comparisons.closed_form(lambda x: x if x.sum() > 0 else -x, X)

    assert "fixed here: a number taken from a tensor (" in str(read)


def test_latex_has_the_lines_and_the_adjoints():
    """For a notebook."""
    read = comparisons.closed_form(torch.tanh, X)

    assert read.latex().count(r"\begin{aligned}") == 2
    assert symdiff.adjoints(read.graph).latex() in read._repr_latex_()


def test_a_refusal_is_the_capture_s():
    """One sentence."""
    with pytest.raises(ValueError, match="cannot be captured"):
        comparisons.closed_form(torch.linalg.svdvals, X)
