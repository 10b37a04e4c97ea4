"""Layers as graphs: their adjoints as a paper would print them."""

import pytest

import symdiff
from symdiff.catalogue.layers import layers
from symdiff.graph.graph import equations

PRINTED = {
    "softmax": """\
ȳ = v
x̄ = s ∘ (ȳ − Σ_c ȳ ∘ s)
where s = softmax_c(x)""",
    "softmin": """\
ȳ = v
x̄ = −s ∘ (ȳ − Σ_c ȳ ∘ s)
where s = softmax_c(−x)""",
    "log_softmax": """\
ȳ = v
x̄ = ȳ − s ∘ (Σ_c ȳ)
where s = softmax_c(x)""",
    "logsumexp": """\
ȳ = v
x̄ = ȳ ∘ s
where s = softmax_c(x)""",
    "sparsemax": """\
ȳ = v
x̄ = ȳ ∘ s − s ∘ (Σ_c ȳ ∘ s)/(Σ_c s)
where s = support_c(x)""",
    "glu": """\
ȳ = v
ḡ = ȳ ∘ a
b̄ = ḡ ∘ σ(b) ∘ σ(−b)
ā = ȳ ∘ g
x̄ = [ā, b̄]""",
    "swiglu": """\
ȳ = v
b̄ = ȳ ∘ g
ḡ = ȳ ∘ b
ā = ḡ ∘ (σ(a) + a ∘ σ(a) ∘ σ(−a))
x̄ = b̄ Vᵀ + ā Wᵀ
W̄ = xᵀ ā
V̄ = xᵀ b̄""",
    "maxout": """\
ȳ = v
z̄ = ȳ ∘ p
x̄ = Σ_k z̄_k W_kᵀ
W̄ = xᵀ z̄_k
b̄ = Σ_n z̄
where p = is_max_k(z)/(Σ_k is_max_k(z))""",
    "crelu": """\
ȳ = v
x̄ = {1 if x > 0; 0 otherwise} ∘ ȳ₁ − {1 if x < 0; 0 otherwise} ∘ ȳ₂""",
    "layer_norm": """\
ȳ = v
x̄̂ = ȳ ∘ γ
x̄ = (x̄̂ − x̂ ∘ (Σ_c x̄̂ ∘ x̂)/c − Σ_c x̄̂/c)/σ
γ̄ = Σ_n ȳ ∘ x̂
β̄ = Σ_n ȳ
where μ = Σ_c x/c
where σ = √(Σ_c (x − μ)²/c + ε)""",
    "rms_norm": """\
ȳ = v
x̄̂ = ȳ ∘ γ
x̄ = (x̄̂ − x̂ ∘ (Σ_c x̄̂ ∘ x̂)/c)/σ
γ̄ = Σ_n ȳ ∘ x̂
where σ = √(Σ_c x²/c + ε)""",
    "attention": """\
Ō = v
P̄ = Ō Vᵀ
S̄ = P ∘ (P̄ − Σ_k P̄ ∘ P)
Q̄ = S̄ K/√d
K̄ = S̄ᵀ Q/√d
V̄ = Pᵀ Ō""",
}


@pytest.mark.parametrize("name", PRINTED)
def test_the_adjoint_reads_as_in_a_paper(name):
    """Line by line, in the names of the layer's own values."""
    assert PRINTED[name] == str(symdiff.adjoints(layers[name]()))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("softmax", r"\bar{x} &= s \circ \left(\bar{y} - \sum_{c} \bar{y} \circ s\right)"),
        ("log_softmax", r"\bar{x} &= \bar{y} - s \circ \sum_{c} \bar{y}"),
        ("softmax", r"\text{where } s &= \operatorname{softmax}_{c}\left(x\right)"),
        ("layer_norm", r"\bar{\hat{x}} &= \bar{y} \circ \gamma"),
        ("layer_norm", r"\bar{\gamma} &= \sum_{n} \bar{y} \circ \hat{x}"),
        ("glu", r"\bar{x} &= \left[\bar{a}, \bar{b}\right]"),
        ("maxout", r"\bar{x} &= \sum_{k} \bar{z}_{k} \, W_{k}^{\mathsf{T}}"),
        ("attention", r"\bar{V} &= P^{\mathsf{T}} \, \bar{O}"),
        ("attention", r"\bar{Q} &= \frac{\bar{S} \, K}{\sqrt{d}}"),
    ],
)
def test_and_in_latex(name, line):
    """The same lines as LaTeX."""
    assert line in symdiff.adjoints(layers[name]()).latex().replace(r" \\", "").splitlines()


def test_the_shift_is_not_in_the_closed_form():
    """log Σ e^x is written as mathematics has it, though it is computed from x − max x."""
    closed = symdiff.adjoints(layers["logsumexp"]())["x"]

    assert str(closed) == "exp(x[i, j])*v[i]/Sum(exp(x[i, k]), (k, 0, c - 1))"


def test_an_axis_that_is_not_there_is_refused():
    """In a sentence that names the axes."""
    with pytest.raises(ValueError, match="no axis 'k' among 'n c'"):
        layers["softmax"]("n c", over="k")


@pytest.mark.parametrize("name", layers)
def test_every_layer_is_documented_with_its_formula(name):
    """Each builder says what it computes."""
    assert "=" in layers[name].__doc__
    assert layers[name].__name__ == name


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("layer_norm", "x̂", "(x − μ)/σ"),
        ("layer_norm", "y", "γ ∘ x̂ + β"),
        ("rms_norm", "x̂", "x/σ"),
        ("softmax", "y", "s"),
        ("glu", "b", "x₂"),
        ("crelu", "y", "[{x if x > 0; 0 otherwise}, {−x if x < 0; 0 otherwise}]"),
        ("maxout", "z", "x W_k + b"),
        ("maxout", "y", "Σ_k p ∘ z"),
        ("attention", "S", "Q Kᵀ/√d"),
        ("attention", "P", "softmax_k(S)"),
        ("attention", "O", "P V"),
    ],
)
def test_the_layer_itself_reads_so_too(name, line, expected):
    """The primal's lines, in the names of the lines before and of what is said below."""
    assert expected == symdiff.text(equations(layers[name]())[line])
