"""The adjoints of a graph: the tutorial's lines, the closed forms, and what has none."""

import copy
import math
import pickle
import unicodedata

import mpmath
import numpy as np
import pytest
import sympy
from sampled import sampled

import symdiff
from symdiff.bridge.interpret import compile_mpmath
from symdiff.catalogue.activations import activations
from symdiff.functions import tanh
from symdiff.graph import Graph, array, einsum, elementwise, mean, scalars, stop
from symdiff.graph.adjoints.derivation import CONSTANT, NO_DEPENDENCE, requiring_grad
from symdiff.graph.graph import equations
from symdiff.trees.extent import TooLarge

SEED = 17  # of numpy's generator


def lines(graph):
    """The printed adjoints, line by line."""
    return str(symdiff.adjoints(graph)).splitlines()


class TestTheTutorialsLines:
    def test_the_neuron_with_f_left_symbolic(self):
        """The five lines are exactly the tutorial's, then x̄ and t̄, in composed characters."""
        expected = [
            "L̄ = 1",
            "ȳ = y − t",
            "z̄ = ȳ f'(z)",
            "w̄ = z̄ x",
            "b̄ = z̄",
            "x̄ = z̄ w",
            "t̄ = t − y",
        ]

        assert [unicodedata.normalize("NFC", line) for line in expected] == lines(symdiff.neuron())

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("tanh", "z̄ = ȳ sech²(z)"),
            ("sigmoid", "z̄ = ȳ σ(z) σ(−z)"),
            ("gelu", "z̄ = ȳ (Φ(z) + z φ(z))"),
            ("relu", "z̄ = ȳ {1 if z > 0; 0 otherwise}"),
            ("z**2", "z̄ = 2 ȳ z"),
        ],
    )
    def test_the_neuron_with_a_named_function(self, name, line):
        """Only z̄ depends on f, and shows its derivative."""
        written = lines(symdiff.neuron(name))

        assert line in written
        assert {"L̄ = 1", "w̄ = z̄ x", "b̄ = z̄", "x̄ = z̄ w"} <= set(written)

    def test_the_neuron_with_the_identity(self):
        """Where y is z, there is nothing between ȳ and the rest."""
        assert ["z̄ = ȳ", "w̄ = ȳ x", "b̄ = ȳ"] == lines(symdiff.neuron("z"))[2:5]

    def test_the_linear_layer(self):
        """z̄ = (σ(z) − y)/m, w̄ = x z̄ᵀ, b̄ = z̄, at symbolic size."""
        assert ["L̄ = 1", "z̄ = (σ(z) − y)/m", "w̄ = x z̄ᵀ", "b̄ = z̄"] == lines(symdiff.linear_layer())[
            :4
        ]

    def test_the_batched_linear_layer(self):
        """Over a batch w̄ = xᵀ z̄ and b̄ = Σ_N z̄."""
        assert ["z̄ = (σ(z) − y)/(N m)", "w̄ = xᵀ z̄", "b̄ = Σ_N z̄", "x̄ = z̄ wᵀ"] == lines(
            symdiff.linear_layer(batched=True)
        )[1:5]

    def test_the_vector_jacobian_product(self):
        """īnp = 2(inp + 1) ∘ vᵀ, and ōut is the cotangent v."""
        assert ["ōut = v", "īnp = 2(inp + 1) ∘ vᵀ"] == lines(symdiff.vector_jacobian_product())

    def test_the_cut_layer(self):
        """Under no_grad() every line says that there is none, and why."""
        assert "w̄: none (cut by no_grad())" in lines(symdiff.linear_layer(cut="no_grad()"))


class TestTheMapping:
    def test_its_keys_are_in_the_order_of_the_backward_pass(self):
        """From the output back to the inputs: L y z w b x t."""
        found = symdiff.adjoints(symdiff.neuron("gelu"))

        assert list("Lyzwbxt") == list(found)
        assert len(found) == 7

    def test_a_closed_form_is_written_in_the_inputs(self):
        """w̄ = (tanh(wx + b) − t) sech²(wx + b) x, as a SymPy expression."""
        w, x, b, t = sympy.symbols("w x b t", real=True)
        f = symdiff.functions.tanh
        expected = x * (f(w * x + b) - t) * symdiff.functions.sech(w * x + b) ** 2

        assert expected == symdiff.adjoints(symdiff.neuron("tanh"))["w"]

    def test_an_unknown_name_is_a_sentence(self):
        """The KeyError says what the graph has."""
        with pytest.raises(KeyError, match=r"'q' is no value of neuron.tanh.; it has L, y, z"):
            symdiff.adjoints(symdiff.neuron("tanh"))["q"]

    def test_a_name_without_an_adjoint_says_why(self):
        """The KeyError of a cut value names the cut."""
        with pytest.raises(KeyError, match=r"'w' has no adjoint: cut by detach\(\)"):
            symdiff.adjoints(symdiff.linear_layer(cut="detach()"))["w"]

    def test_an_input_that_does_not_matter_is_missing(self):
        """An input that the output does not depend on has no adjoint, rather than 0."""
        a, b = scalars("a b")
        found = symdiff.adjoints(Graph("g", (a, b), {"L": elementwise(lambda p: p**2, a)}))

        assert {"b": NO_DEPENDENCE} == found.missing
        assert "b" not in found

    @pytest.mark.parametrize("value", ["gelu", None, 3, {}], ids=repr)
    def test_what_is_no_graph_is_a_type_error(self, value):
        """adjoints() takes a graph and shows one."""
        with pytest.raises(TypeError, match=r"adjoints takes a graph, such as symdiff.neuron"):
            symdiff.adjoints(value)

    def test_repr_names_the_graph(self):
        """The representation is one line."""
        assert "<Adjoints of neuron(gelu): L, y, z, w, b, x, t>" == repr(
            symdiff.adjoints(symdiff.neuron("gelu"))
        )


class TestLatex:
    def test_the_lines_in_latex(self):
        """A notebook shows the tutorial's lines as one aligned block."""
        expected = (
            r"$$\begin{aligned}"
            "\n"
            r"\bar{L} &= 1 \\"
            "\n"
            r"\bar{y} &= y - t \\"
            "\n"
            r"\bar{z} &= \bar{y} \, f'\left(z\right) \\"
            "\n"
            r"\bar{w} &= \bar{z} \, x \\"
            "\n"
            r"\bar{b} &= \bar{z} \\"
            "\n"
            r"\bar{x} &= \bar{z} \, w \\"
            "\n"
            r"\bar{t} &= t - y"
            "\n"
            r"\end{aligned}$$"
        )

        assert expected == symdiff.adjoints(symdiff.neuron())._repr_latex_()

    def test_the_layers_lines_in_latex(self):
        """Transposes and fractions are written as such."""
        block = symdiff.adjoints(symdiff.linear_layer()).latex()

        assert r"\bar{z} &= \frac{\sigma\left(z\right) - y}{m}" in block
        assert r"\bar{w} &= x \, \bar{z}^{\mathsf{T}}" in block

    def test_closed_forms_in_latex(self):
        """form='closed' writes each adjoint in the inputs."""
        block = symdiff.adjoints(symdiff.neuron("tanh")).latex("closed")

        assert r"\bar{y} &= \tanh\left(w \, x + b\right) - t" in block


@pytest.mark.parametrize("name", sampled(activations, 3, first=2))
def test_closed_forms_and_bridge_agree(name):
    """The closed form of every adjoint, evaluated by itself, is what the bridge computes."""
    random = np.random.default_rng(SEED)
    graph = symdiff.neuron(name)
    found = symdiff.adjoints(graph)
    given = dict(zip("wxbt", random.uniform(-2, 2, 4), strict=True))
    values = found.lambdify()(**given)
    symbols = sympy.symbols("w x b t", real=True)
    at = [mpmath.mpf(v) for v in given.values()]
    parameters = {sympy.Symbol(k, real=True): v for k, v in graph.parameters.items()}
    with mpmath.workdps(50):
        for key, closed in found.items():
            exact = compile_mpmath(symbols, closed.xreplace(parameters))(*at)

            assert float(exact) == pytest.approx(float(values[key]), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(
    "graph",
    [symdiff.linear_layer(), symdiff.linear_layer(batched=True), symdiff.vector_jacobian_product()],
    ids=repr,
)
def test_closed_forms_with_indices_and_bridge_agree(graph):
    """Each entry of each array adjoint is its closed form with the indices put in."""
    random = np.random.default_rng(SEED)
    length = {"n": 2, "m": 3, "N": 2, "i": 2, "j": 3}
    found = symdiff.adjoints(graph)
    given = {
        name: random.uniform(0, 1, [length[a] for a in axes])
        for name, axes in found.signature.inputs.items()
    }
    values = found.lambdify()(**given)
    sizes = {sympy.Symbol(a, integer=True, positive=True): n for a, n in length.items()}
    for key, closed in found.items():
        free = [sympy.Symbol(letter, integer=True) for letter in "ijk"]
        for index in np.ndindex(values[key].shape):
            one = closed.subs(sizes).subs(dict(zip(free, index, strict=False))).doit()
            entries = {
                e: given[str(e.base.label)][tuple(map(int, e.indices))]
                for e in one.atoms(sympy.Indexed)
            }

            assert float(one.subs(entries)) == pytest.approx(float(values[key][index]), rel=1e-12)


class TestRequiringGrad:
    def test_everything_before_a_loss_does(self):
        """In the linear layer every value requires a gradient."""
        assert {"w", "b", "x", "y", "z", "L"} == requiring_grad(symdiff.linear_layer())

    def test_a_detached_value_does_not(self):
        """z requires a gradient, z.detach() does not: as torch prints."""
        names = requiring_grad(symdiff.linear_layer(cut="detach()"))

        assert "z" in names
        assert "z_det" not in names

    def test_under_no_grad_the_result_does_not(self):
        """Under no_grad() z does not require a gradient."""
        assert "z" not in requiring_grad(symdiff.linear_layer(cut="no_grad()"))

    def test_a_value_after_a_cut_alone_does_not(self):
        """What depends on a cut value only requires none; with another input, it does."""
        a, b = scalars("a b")
        cut = stop(a, "detach()")
        alone = elementwise(lambda p: p**2, cut)
        both = elementwise(lambda p, q: p * q, alone, b)
        graph = Graph("g", (a, b), {"alone": alone, "both": both})

        assert {"a", "b", "both"} == requiring_grad(graph)
        assert {"alone", "a"} == set(symdiff.adjoints(graph).missing)


def test_equations_are_the_graphs_own_lines():
    """The primal reads as its author wrote it."""
    written = {k: symdiff.text(e) for k, e in equations(symdiff.neuron()).items()}

    assert {"z": "w x + b", "y": "f(z)", "L": "(y − t)²/2"} == written


def test_the_cotangent_of_an_array_is_an_input_named_v():
    """For an array output the signature asks for v, over the output's axes."""
    assert ("j", "i") == symdiff.adjoints(symdiff.vector_jacobian_product()).signature.inputs["v"]


def test_beside_an_input_called_v_the_cotangent_has_another_name():
    """It is called by its output."""
    v = symdiff.array("v", "n")
    found = symdiff.adjoints(Graph("g", (v,), {"out": elementwise(lambda a: a**2, v)}))

    assert list(found.signature.inputs) == ["v", "v_out"]


def test_a_line_equal_to_another_shares_its_adjoint():
    """Two names of one node print alike and have one closed form."""
    x = symdiff.array("x", "n")
    total = mean(x)
    again = einsum("n -> n", x)
    found = symdiff.adjoints(Graph("g", (x,), {"copy": again, "L": total}))

    assert found["x"] == found["copy"]


def test_what_else_is_named_is_said_below():
    """s is no line of y = log Σ e^x, but the adjoint is written with it."""
    graph = symdiff.layers["logsumexp"]()

    assert ["ȳ = v", "x̄ = ȳ ∘ s", "where s = softmax_c(x)"] == lines(graph)
    assert {"s": "softmax_c(x)"} == {
        name: symdiff.text(e) for name, e in symdiff.adjoints(graph).where.items()
    }


def test_a_name_twice_is_refused_there_too():
    """What adjoints are written with needs a name of its own."""
    x = symdiff.array("x", "n")
    with pytest.raises(ValueError, match="uses the name 'x' twice"):
        Graph("g", (x,), {"y": elementwise(lambda a: a**2, x)}, where={"x": x})


class TestDepth:
    def _deep(self, depth, *, named):
        x = node = array("x")
        lines = {}
        for i in range(depth):
            node = elementwise(lambda a: tanh(a), node)  # noqa: PLW0108 - as above
            if named:
                lines[f"h{i}"] = node
        lines["y"] = elementwise(lambda a: 2 * a, node)
        return symdiff.adjoints(Graph("deep", (x,), lines))

    def test_named_layers_are_written_line_by_line(self):
        """5,000 lines, each short."""
        written = str(self._deep(5000, named=True)).splitlines()

        assert len(written) == 5002
        assert written[-1] == "x̄ = h̄0 sech²(x)"

    def test_unnamed_layers_are_said_to_be_too_deep(self):
        """In the place of the line, and as an error where the line itself is asked for."""
        found = self._deep(5000, named=False)
        sentence = "x̄ is nested more than 60 deep; name values on the way as lines of the graph"

        assert str(found).splitlines() == ["ȳ = 1", sentence]
        with pytest.raises(TooLarge, match=f"^{sentence}$"):
            found.lines  # noqa: B018 - it raises
        with pytest.raises(TooLarge, match=f"^{sentence}$"):
            found.latex()

    def test_a_closed_form_too_deep_is_a_sentence(self):
        """What to read or call instead."""
        found = self._deep(300, named=True)
        with pytest.raises(TooLarge, match=r"^the closed form of x̄ is nested .*read .lines, or"):
            found["x"]

        assert found["y"] == 1

    def test_a_shallow_graph_has_all_its_forms(self):
        """The neuron's closed forms are written out, one and all."""
        assert None not in dict(self._deep(10, named=True)).values()
        assert None not in dict(symdiff.adjoints(symdiff.neuron("gelu"))).values()

    def test_it_is_pickled_and_copied(self):
        """By its flat list; what is derived from it is derived again."""
        found = self._deep(2000, named=True)
        for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):  # noqa: S301 - our own bytes
            assert again.nodes == found.nodes
            assert again.missing == found.missing
            assert again.lines == found.lines
            assert again.graph.output is found.graph.output

    def test_it_is_computed(self):
        """The derivative of 300 tanh is the product of their slopes."""
        value, slope = 0.3, 2.0
        for _ in range(300):
            value = math.tanh(value)
            slope *= 1 - value**2

        found = self._deep(300, named=False).lambdify()(x=0.3)["x"]
        assert found == pytest.approx(slope, rel=1e-12)


def test_a_constant_output_says_what_it_is():
    """y = 3 depends on no input, and x not on y."""
    x = array("x")
    found = symdiff.adjoints(Graph("g", (x,), {"y": elementwise(lambda a: a - a + 3, x)}))

    assert found.missing == {"y": CONSTANT, "x": NO_DEPENDENCE}
