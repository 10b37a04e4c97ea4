"""Every message about what is compared that no other test reads: what was given, what to do."""

import functools

import pytest
import torch
from sentences import says
from torch import nn

import comparisons
import symdiff
from symdiff.graph import Graph, array, contraction

X = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)


class Twice(torch.autograd.Function):
    """2x."""

    @staticmethod
    def forward(_, x):
        """2x."""
        return 2 * x

    @staticmethod
    def backward(_, v):
        """2v."""
        return 2 * v


class Scaled(nn.Module):
    """x times a weight, with a gain that its definition does not have."""

    def __init__(self):
        super().__init__()
        self.weight, self.gain = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(1))

    def forward(self, x):
        """Without the gain."""
        return x * self.weight


def one_of_many(z):
    """Six thousand steps."""
    return functools.reduce(lambda a, _: a * a + z, range(3000), z)


def single(x):
    """A product with a float32 matrix."""
    return x @ torch.ones(3, 2, dtype=torch.float32)


def inverted(x):
    """No matrix is given."""
    return torch.linalg.inv(x[0])


def weighted(x, w):
    """A loss that torch does not differentiate by its weight."""
    p = x.sigmoid()
    return torch.nn.functional.binary_cross_entropy(p, p.detach(), weight=w)


A = array("a", "n")
MESSAGES = {
    "an order": (
        lambda: comparisons.compare(torch.sin, X, order=3),
        ValueError,
        "order=3 is neither 1, for the gradient, nor 2, for its own gradient",
    ),
    "a reference and a gradient": (
        lambda: comparisons.compare(torch.sin, X, reference=torch.sin, gradient=torch.cos),
        TypeError,
        "give reference= or gradient=, not both: each says what is right",
    ),
    "a reference of fewer arguments": (
        lambda: comparisons.compare(torch.mul, X, X, reference=one_of_many),
        TypeError,
        (
            "reference= is called with the arguments of mul, and does not take them: one_of_many() "
            "takes 1 positional argument but 2 were given"
        ),
    ),
    "a reference without the parameters": (
        lambda: comparisons.compare(Scaled(), X, reference=lambda x: 2 * x),
        ValueError,
        (
            "Scaled has the inputs x, weight, gain and the reference x; both need the same, "
            "parameters of modules included"
        ),
    ),
    "a gradient for one input of two": (
        lambda: comparisons.compare(torch.mul, X, X, gradient=lambda a, _: a),
        ValueError,
        "gradient= returned 1 tensor(s) for 2 inputs; return one for each",
    ),
    "another type than the code's": (
        lambda: comparisons.compare(single, X.float(), dtype="bfloat16"),
        TypeError,
        "single runs in float32, the type of its tensors, and not in bfloat16 (",
    ),
    "code that does not run": (
        lambda: comparisons.compare(inverted, X.float(), dtype="float32"),
        TypeError,
        "inverted does not run in float32: linalg.inv: ",
    ),
    "something beside a subject": (
        lambda: comparisons.compare(comparisons.neuron("gelu"), "tanh"),
        TypeError,
        "neuron(gelu) has its definition already; give nothing beside it",
    ),
    "a graph": (
        lambda: comparisons.compare(symdiff.neuron("gelu")),
        TypeError,
        (
            "neuron(gelu) is a graph without torch code to judge; give a torch function, or "
            "comparisons.neuron and comparisons.linear_layer, which have it"
        ),
    ),
    "a reference for a name": (
        lambda: comparisons.compare("tanh", reference=torch.tanh),
        TypeError,
        (
            "reference=, gradient= and order= are for functions that are called with tensors, such "
            "as compare(function, torch.randn(4), reference=other)"
        ),
    ),
    "an order for a definition": (
        lambda: comparisons.compare(torch.tanh, "tanh", order=2),
        TypeError,
        "reference=, gradient= and order= are for functions that are called with tensors",
    ),
    "a parameter of no definition": (
        lambda: comparisons.compare(one_of_many, beta=2.0),
        TypeError,
        (
            "beta would be of a definition, and none is given; give it, as in compare(function, "
            "'z*sigmoid(beta*z)', beta=2)"
        ),
    ),
    "a module that is another": (
        lambda: comparisons.compare(nn.LeakyReLU(0.3), "leaky_relu"),
        ValueError,
        "LeakyReLU has negative_slope = 0.3 and its definition negative_slope = 0.01; give",
    ),
    "a parameter that the formula has not": (
        lambda: comparisons.compare(Scaled(), "z*weight", weight=1.0),
        TypeError,
        (
            "Scaled learns gain, which z*weight does not have; its parameters are weight: write "
            "the formula with all of them"
        ),
    ),
    "a class of modules": (
        lambda: comparisons.compare(nn.Linear, X),
        TypeError,
        "Linear is a class; pass Linear(…)",
    ),
    "a class of functions": (
        lambda: comparisons.compare(Twice, X),
        TypeError,
        "Twice is a class; pass Twice.apply",
    ),
    "no tensor that comes out": (
        lambda: comparisons.compare(lambda x: x.long(), X),
        ValueError,
        " without a floating-point tensor; return the tensors to be differentiated",
    ),
    "a sparse tensor": (
        lambda: comparisons.compare(torch.neg, X.to_sparse()),
        ValueError,
        "neg was given a sparse tensor, x; pass a dense one on the CPU",
    ),
    "no function": (
        lambda: comparisons.closed_form(3, X),
        TypeError,
        "capture takes a function or a module, not int",
    ),
    "a builtin by name": (
        lambda: comparisons.compare(torch.add, inputs={"input": X, "other": X}),
        ValueError,
        "add does not say what its arguments are called; give them by position",
    ),
    "an argument torch does not differentiate by": (
        lambda: comparisons.compare(weighted, X, X),
        TypeError,
        "; call requires_grad_() on the tensors whose gradients are asked for, and the others are",
    ),
    "too long to be read off": (
        lambda: comparisons.compare(one_of_many),
        ValueError,
        "the code of one_of_many is of 6001 steps, more than 200; give its definition in z",
    ),
    "nowhere to compare": (
        lambda: comparisons.compare(
            comparisons.Subject(
                "mine", Graph("g", (A,), {"y": contraction((A,), ())}), torch.sum, "a.sum()"
            )
        ),
        ValueError,
        "mine does not say where to compare; give inputs=, by name",
    ),
    "other inputs": (
        lambda: comparisons.compare("tanh", inputs={"x": [1.0]}),
        ValueError,
        "inputs= names x, and tanh takes z; give an array for each of these",
    ),
    "a device that is not there": (
        lambda: comparisons.compare("tanh", device="warp"),
        ValueError,
        "; leave device= out for the CPU",
    ),
    "an integer that comes out": (
        lambda: comparisons.compare(lambda z: z.long(), "z"),
        TypeError,
        " returned a tensor of torch.int64; a real float was expected",
    ),
    "code that fails": (
        lambda: comparisons.compare(torch.linalg.inv, "z"),
        TypeError,
        " failed on torch.float64 tensors: linalg.inv: ",
    ),
    "no forward mode": (
        lambda: comparisons.compare(Twice.apply, "2*z", engine="jvp"),
        TypeError,
        "torch has no jvp of Twice as 2*z: there is no forward mode of Twice",
    ),
    "no such adjoint": (
        lambda: comparisons.compare("tanh").plot("q"),
        KeyError,
        "tanh was compared in z, not in 'q'",
    ),
    "nothing to plot": (
        lambda: comparisons.compare(comparisons.linear_layer(cut="detach()")).plot(),
        ValueError,
        "linear layer, detached has no gradient to plot",
    ),
    "all values of float32": (
        lambda: comparisons.compare("tanh", dtype="float32", points="all"),
        ValueError,
        "points='all' is for functions of one variable in a 16-bit type; tanh in float32 has too",
    ),
    "a sweep of a constant": (
        lambda: comparisons.sweep(lambda z: z.detach(), "z"),
        ValueError,
        "has no gradient; give a function whose value depends on its input",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_it_says_what_was_given_and_what_to_do(case):
    """In one sentence, word by word."""
    assert says(*MESSAGES[case])
