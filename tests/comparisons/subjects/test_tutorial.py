"""PyTorch's autograd tutorial, reproduced: every printed value that no random draw decides.

Source: https://pytorch.org/tutorials/beginner/basics/autogradqs_tutorial.html
"""

import numpy as np
import pytest
import torch
from sampled import in_turns, sampled

import comparisons
import symdiff
from comparisons import Verdict
from comparisons.results.code.reproduction import reproduction

TORCH_NN = [k for k, d in symdiff.activations.items() if d.source.startswith("torch.nn.")]


def _layer(seed=20240229):
    draw = torch.Generator().manual_seed(seed)
    x, y = torch.ones(5), torch.zeros(3)
    w = torch.randn(5, 3, generator=draw, requires_grad=True)
    b = torch.randn(3, generator=draw, requires_grad=True)
    return x, y, w, b


class TestNeuron:
    """z = wx + b, y = f(z), L = ½(y − t)²."""

    @pytest.mark.parametrize(("name", "dtype"), in_turns(TORCH_NN, ["float64", "float32"]))
    def test_torch_gives_the_five_lines(self, name, dtype, compare_gradients):
        """w̄, b̄, z̄, ȳ and x̄, t̄ hold for every activation at 512 random neurons."""
        comparison = compare_gradients.compare(comparisons.neuron(name), dtype=dtype)

        assert set(comparison.adjoints) == {"w", "b", "x", "t", "z", "y"}
        known = (name, dtype) == ("hardsigmoid", "float64")  # see test_findings.py
        assert (comparison.verdict is Verdict.DISAGREES) == known, repr(comparison)

    @pytest.mark.parametrize("name", sampled(symdiff.activations, 8, first=1))
    def test_its_code_is_plain_torch_that_runs(self, name):
        """The reproduction of any neuron, executed, prints the gradient it is about."""
        comparison = comparisons.compare(comparisons.neuron(name), dtype="float32")
        adjoint = comparison.adjoints["w"]
        printed = []
        exec(reproduction(comparison, comparison.example_of(adjoint)), {"print": printed.append})  # noqa: S102 - tested

        # 64 equal neurons take the vectorised path that 512 do: the same bits.
        assert printed == [adjoint.worst.computed]

    @pytest.mark.parametrize("loss", [n for n in symdiff.losses if n != "bce"])
    def test_any_pointwise_loss_may_take_the_half_square_s_place(self, loss):
        """The reverse sweep goes through whichever loss ends the graph."""
        subject = comparisons.neuron("tanh", loss)
        draw = np.random.default_rng(7)
        inputs = {k: draw.normal(size=64) for k in ("w", "b", "x")}
        inputs["t"] = draw.uniform(0.1, 0.9, size=64)

        assert comparisons.check(subject, inputs=inputs).verdict is not Verdict.DISAGREES

    def test_the_five_lines_by_hand(self):
        """One neuron, worked by hand: w = 1, x = 2, b = 0.5, t = 1 under relu."""
        f = symdiff.adjoints(symdiff.neuron("relu")).lambdify("numpy")

        values = f(w=1.0, x=2.0, b=0.5, t=1.0)

        by_hand = {"L": 1, "y": 1.5, "z": 1.5, "w": 3, "b": 1.5, "x": 1.5, "t": -1.5}
        assert by_hand == values


class TestLinearLayer:
    """x of ones, y of zeros, z = xw + b, binary cross-entropy with logits."""

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    @pytest.mark.parametrize("batched", [False, True])
    def test_torch_gives_the_closed_form(self, batched, dtype, compare_gradients):
        """w̄ = x z̄ᵀ (xᵀ z̄ in a batch), b̄ = z̄ (Σ z̄), and the rest."""
        comparison = compare_gradients(comparisons.linear_layer(batched=batched), dtype=dtype)

        assert set(comparison.adjoints) == {"w", "b", "x", "y", "z"}

    def test_the_printed_structure(self):
        """As printed: the five rows of w.grad equal b.grad, and each entry lies in (0, 1/3)."""
        x, y, w, b = _layer()
        z = torch.matmul(x, w) + b
        torch.nn.functional.binary_cross_entropy_with_logits(z, y).backward()
        f = symdiff.adjoints(symdiff.linear_layer()).lambdify("numpy")
        inputs = {"x": x, "y": y, "w": w, "b": b}
        ours = f(**{k: v.detach().double().numpy() for k, v in inputs.items()})

        for w_bar, b_bar in ((w.grad.numpy(), b.grad.numpy()), (ours["w"], ours["b"])):
            assert (w_bar == b_bar).all()
            assert ((w_bar > 0) & (w_bar < 1 / 3)).all()
        assert np.allclose(ours["w"], w.grad, rtol=1e-6, atol=0)

    def test_requires_grad_is_true_before_and_false_inside_no_grad(self):
        """The tutorial prints True, then False; the graph's stop node says the same."""
        x, _, w, b = _layer()
        z = torch.matmul(x, w) + b
        printed = [z.requires_grad]
        with torch.no_grad():
            printed.append((torch.matmul(x, w) + b).requires_grad)
        printed.append(z.detach().requires_grad)

        assert printed == [True, False, False]
        detached = symdiff.adjoints(symdiff.linear_layer(cut="detach()"))
        assert not list(detached)
        assert set(detached.missing.values()) == {"cut by detach()"}

    @pytest.mark.parametrize("cut", ["detach()", "no_grad()"])
    def test_a_cut_graph_has_no_gradients(self, cut, compare_gradients):
        """`.grad` is None for w, b and x, and the comparison checks exactly that."""
        comparison = compare_gradients(comparisons.linear_layer(cut=cut))

        assert {"w", "b", "x"} <= comparison.absent.keys()
        assert not comparison.adjoints

    @pytest.mark.parametrize("cut", ["detach()", "no_grad()"])
    def test_none_is_not_zero(self, cut):
        """A graph that should be cut and is not is rejected, even where its gradient is zero."""
        right = comparisons.linear_layer(cut=cut)

        def uncut(w, b, x):
            z = (torch.matmul(x, w) + b) * 0
            return {"z": z, "z_det": z} if cut == "detach()" else {"z": z}

        wrong = comparisons.Subject(
            "uncut", right.graph, uncut, "uncut(w, b, x)", sample=right.sample
        )
        with pytest.raises(comparisons.GradientMismatch, match="should have none"):
            comparisons.check(wrong)

    def test_a_graph_cut_by_mistake_is_rejected(self):
        """A detached layer where a gradient should be is a mismatch, not an empty agreement."""
        whole = comparisons.linear_layer()

        def cut(w, b, x, y):
            z = (torch.matmul(x, w) + b).detach()
            return {"z": z, "L": torch.nn.functional.binary_cross_entropy_with_logits(z, y)}

        wrong = comparisons.Subject("cut", whole.graph, cut, "cut(w, b, x, y)", sample=whole.sample)
        with pytest.raises(comparisons.GradientMismatch, match=r"no gradient \(None\), and should"):
            comparisons.check(wrong)


class TestVectorJacobianProduct:
    """inp = eye(4, 5), out = (inp + 1)²ᵀ, the cotangent of ones."""

    FIRST = np.where(np.eye(4, 5) == 1, 4.0, 2.0)

    def test_three_calls_as_printed(self):
        """4 and 2; then 8 and 4, for gradients accumulate; after zeroing, 4 and 2 again."""
        inp = torch.eye(4, 5, requires_grad=True)
        out = (inp + 1).pow(2).t()
        printed = []
        for _ in range(2):
            out.backward(torch.ones_like(out), retain_graph=True)
            printed.append(inp.grad.clone().numpy())
        inp.grad.zero_()
        out.backward(torch.ones_like(out), retain_graph=True)
        printed.append(inp.grad.numpy())

        f = symdiff.adjoints(symdiff.vector_jacobian_product()).lambdify("numpy")
        once = f(inp=np.eye(4, 5), v=np.ones((5, 4)))["inp"]
        assert (once == self.FIRST).all()
        for shown, calls in zip(printed, (1, 2, 1), strict=True):
            assert (shown == calls * once).all()

    def test_torch_gives_the_closed_form(self, compare_gradients):
        """īnp = 2(inp + 1) ∘ vᵀ to the last bit."""
        comparison = compare_gradients(comparisons.vector_jacobian_product(), dtype="float32")

        assert comparison.verdict is Verdict.ACCURATE
        assert (comparison.adjoints["inp"].computed == self.FIRST).all()

    def test_any_cotangent(self):
        """The closed form holds for a random cotangent too."""
        draw = np.random.default_rng(5)
        inputs = {"inp": draw.normal(size=(3, 2)), "v": draw.normal(size=(2, 3))}

        assert comparisons.check(comparisons.vector_jacobian_product(), inputs=inputs)
