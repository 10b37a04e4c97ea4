"""The graph: hash-consed nodes over named axes, and what each of them means in numbers."""

import copy
import gc
import pickle

import numpy as np
import pytest
import sympy
from sympy import Integer, Rational

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.functions import sigmoid
from symdiff.graph import (
    Elementwise,
    Graph,
    Input,
    Node,
    array,
    broadcast,
    constant,
    contraction,
    einsum,
    elementwise,
    mean,
    placeholder,
    scalars,
    size,
    stop,
    topological,
    total,
)
from symdiff.graph.kinds.part import Part
from symdiff.graph.kinds.running import running_sum
from symdiff.graph.signature import Signature

SEED = 13  # of numpy's generator


def value(node, **inputs):
    """The node's value in numpy."""
    found = {n.name: n.axes for n in topological([node]) if isinstance(n, Input)}
    return Evaluator(Signature("f", found, {}), {"value": node})(**inputs)["value"]


class TestHashConsing:
    def test_the_same_node_built_twice_is_one_object(self):
        """Equal structure is identity."""
        a, b = scalars("a b")

        assert elementwise(lambda p, q: p * q, a, b) is elementwise(lambda p, q: p * q, a, b)
        assert array("x", "n m") is array("x", "n m")
        assert stop(a, "detach()") is stop(a, "detach()")

    def test_another_node_is_another_object(self):
        """Another axis, expression, order or reason is another node."""
        a, b = scalars("a b")

        assert array("x", "n") is not array("x", "m")
        assert elementwise(lambda p, q: p - q, a, b) is not elementwise(lambda p, q: p - q, b, a)
        assert stop(a, "detach()") is not stop(a, "no_grad()")

    def test_nodes_nobody_holds_are_let_go(self):
        """The table of nodes keeps none of them alive."""
        node = elementwise(lambda p: p + 123456789, array("nobody_holds_this"))
        before = len(Node._interned)
        del node
        gc.collect()

        assert len(Node._interned) < before

    def test_pickling_gives_the_same_object(self):
        """A graph that travels through pickle shares its nodes with the one that stayed."""
        graph = symdiff.linear_layer()

        again = pickle.loads(pickle.dumps(graph))  # noqa: S301 - our own bytes

        assert again.nodes == graph.nodes
        assert list(again.nodes) == list(graph.nodes)
        assert repr(again) == repr(graph)

    @pytest.mark.parametrize("name", symdiff.layers)
    def test_every_layer_travels_through_pickle(self, name):
        """Rules, parameters and what adjoints are written with come along."""
        graph = symdiff.layers[name]()
        found = symdiff.adjoints(graph)
        again, adjoints = pickle.loads(pickle.dumps((graph, found)))  # noqa: S301 - our own bytes

        assert again.where == graph.where
        assert again.parameters == graph.parameters
        assert adjoints.nodes == found.nodes
        assert str(adjoints) == str(found)

    def test_a_copy_is_the_node_itself(self):
        """Nodes do not change, and there is one of each."""
        node = symdiff.linear_layer().output

        assert copy.copy(node) is node
        assert copy.deepcopy(node) is node

    def test_repr_names_content_and_axes(self):
        """A node says what it is and over which axes."""
        assert "<Input x over (n m)>" == repr(array("x", "n m"))

    def test_repr_says_nothing_of_what_is_off_or_absent(self):
        """No flag that is False and no rule that is None; a number 0 is there."""
        x = array("x", "n")

        assert "<Elementwise %0**2 over (n)>" == repr(elementwise(lambda a: a**2, x))
        assert "<Einsum over ()>" == repr(einsum("n ->", x))
        assert "<RunningSum n over (n)>" == repr(running_sum(x, "n"))
        assert "<Part n, 0 over ()>" == repr(Part((), (x,), "n", 0))


class TestElementwise:
    def test_broadcasting_is_by_name(self):
        """Operands over n and m give a value over both, whatever their order."""
        x, y = array("x", "n"), array("y", "m")
        got = value(elementwise(lambda a, b: a - b, x, y), x=np.arange(2.0), y=np.arange(3.0))

        np.testing.assert_array_equal(np.arange(2.0)[:, None] - np.arange(3.0), got)

    def test_axes_in_another_order_are_aligned(self):
        """The operand over (m n) is transposed to meet the one over (n m)."""
        x, y = array("x", "n m"), array("y", "m n")
        given = {"x": np.arange(6.0).reshape(2, 3), "y": np.arange(6.0).reshape(3, 2) ** 2}

        np.testing.assert_array_equal(
            given["x"] + given["y"].T, value(elementwise(lambda a, b: a + b, x, y), **given)
        )

    def test_the_longest_operand_decides_the_layout(self):
        """A vector plus a matrix has the matrix's axes."""
        b, w = array("b", "m"), array("w", "n m")

        assert elementwise(lambda p, q: p + q, b, w).axes == ("n", "m")

    def test_constants_fold_into_the_expression(self):
        """A constant operand becomes a number in the expression, not a node."""
        (a,) = scalars("a")
        node = elementwise(lambda p, q: p * q, a, constant(Rational(1, 2)))

        assert node.operands == (a,)
        assert node.expr == placeholder(0) / 2

    def test_multiplying_by_one_is_the_node_itself(self):
        """What changes nothing adds no node."""
        (a,) = scalars("a")

        assert elementwise(lambda p, q: p * q, a, constant(1)) is a
        assert elementwise(lambda p, q: p + q, a, constant(0)) is a

    def test_an_operand_that_is_not_used_is_dropped(self):
        """p + 0·q depends on p only, yet keeps the axes of both."""
        x, y = array("x", "n"), array("y", "m")
        node = elementwise(lambda p, _: p**2, x, y)

        assert set(node.axes) == {"n", "m"}
        assert node.operands[0].operands == (x,)

    def test_an_operand_used_twice_is_one(self):
        """p·q of a and a is a² of a alone."""
        (a,) = scalars("a")
        node = elementwise(lambda p, q: p * q, a, a)

        assert node.operands == (a,)
        assert node.expr == placeholder(0) ** 2

    @pytest.mark.parametrize("given", [(1, None), (None, 1), (1, 1)], ids=str)
    def test_a_partial_for_one_use_is_not_taken_for_all(self, given):
        """Where a node is used twice, partials of the single uses are dropped."""
        (a,) = scalars("a")
        partials = [None if p is None else placeholder(1 - i) for i, p in enumerate(given)]

        assert elementwise(lambda p, q: p * q, a, a, partials=partials).partials == (None,)

    def test_a_broadcast_is_an_operand_like_any_other(self):
        """Its own adjoint may be asked for, so it is not looked through."""
        (a,) = scalars("a")
        x = array("x", "n")
        repeat = broadcast(a, ("n",))

        assert elementwise(lambda p, q: p * q, repeat, x).operands == (repeat, x)

    def test_a_broadcast_constant_folds_too(self):
        """A number repeated is a number: nothing can be asked about it."""
        x = array("x", "n")
        node = elementwise(lambda p, q: p * q, x, broadcast(constant(2), ("n", "m")))

        assert node is broadcast(elementwise(lambda p: 2 * p, x), ("n", "m"))


class TestEinsum:
    @pytest.mark.parametrize(
        ("subscripts", "letters"),
        [
            ("n, n m -> m", "a,ab->b"),
            ("n m, m -> n", "ab,b->a"),
            ("n, m -> n m", "a,b->ab"),
            ("n, m -> m n", "a,b->ba"),
            ("n, n ->", "a,a->"),
            ("n m -> m n", "ab->ba"),
            ("n m ->", "ab->"),
            ("n m -> n", "ab->a"),
            ("n m, m k -> n k", "ab,bc->ac"),
            ("n m, m k, k -> n", "ab,bc,c->a"),
            ("n m, n m -> n m", "ab,ab->ab"),
            ("b n m, b m k -> b n k", "dab,dbc->dac"),
        ],
    )
    def test_it_is_numpys_einsum(self, subscripts, letters):
        """The value is that of numpy.einsum with a letter an axis."""
        length = {"n": 2, "m": 3, "k": 4, "b": 5}
        random = np.random.default_rng(SEED)
        groups = [g.split() for g in subscripts.split("->")[0].split(",")]
        given = {
            f"x{i}": random.standard_normal([length[a] for a in g]) for i, g in enumerate(groups)
        }
        operands = [array(f"x{i}", " ".join(g)) for i, g in enumerate(groups)]

        np.testing.assert_allclose(
            value(einsum(subscripts, *operands), **given),
            np.einsum(letters, *given.values()),
            rtol=1e-14,
            atol=1e-14,  # where terms cancel, the order of the sum tells
        )

    def test_an_axis_no_operand_has_is_broadcast(self):
        """An output axis of its own repeats the value."""
        x, y = array("x", "n"), array("y", "m")
        node = elementwise(lambda p, q: p + q, einsum("n -> n m", x), y)

        np.testing.assert_array_equal(
            [[1.0, 2.0], [2.0, 3.0]], value(node, x=[1.0, 2.0], y=[0.0, 1.0])
        )

    def test_what_changes_nothing_is_the_operand(self):
        """An einsum to the same axes is no node."""
        x = array("x", "n m")

        assert einsum("n m -> n m", x) is x

    def test_the_mean_is_over_all_axes(self):
        """mean() divides the sum by the product of the lengths."""
        x = array("x", "n m")
        given = np.random.default_rng(SEED).standard_normal((3, 4))

        assert value(mean(x), x=given) == pytest.approx(given.mean(), rel=1e-14)

    @pytest.mark.parametrize(
        ("subscripts", "operands", "sentence"),
        [
            ("n, m -> n m", ["n"], "was given 1 operand"),
            ("n m", ["n"], "write one group of axes"),
            ("n m -> n", ["m n"], "an operand has axes (m n) where (n m) is written"),
            ("n -> n", ["n m"], "an operand has axes (n m) where (n) is written"),
            ("n n -> n", ["n"], "name an axis twice"),
            ("n -> n n", ["n"], "name an axis twice"),
            ("1 -> n", ["n"], "is no name for a variable"),
        ],
    )
    def test_wrong_subscripts_are_refused(self, subscripts, operands, sentence):
        """A ValueError quotes the subscripts and the axes that do not fit."""
        with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
            einsum(subscripts, *(array("x", axes) for axes in operands))

        assert sentence in str(caught.value)


class TestInput:
    def test_scalars_have_no_axes(self):
        """scalars('a b') are two inputs over no axes."""
        assert [()] * 2 == [s.axes for s in scalars("a b")]

    @pytest.mark.parametrize("axes", ["n n", "1", "n-m", "lambda"])
    def test_bad_axes_are_refused(self, axes):
        """An axis is an identifier and occurs once."""
        with pytest.raises(ValueError, match=r"axis twice|is no name"):
            array("x", axes)

    def test_a_length_is_a_positive_integer(self):
        """The length of axis n is the symbol n, a positive integer."""
        assert size("n").is_positive
        assert size("n").is_integer


class TestGraph:
    def test_the_last_line_is_the_output(self):
        """The output is the last named line."""
        graph = symdiff.neuron("tanh")

        assert graph.output_name == "L"
        assert graph.output is graph.lines["L"]
        assert "<Graph neuron(tanh): z, y, L of w, b, x, t>" == repr(graph)

    @pytest.mark.parametrize(
        "build",
        [
            lambda a, _: Graph("g", (a, a), {"L": a}),
            lambda a, _: Graph("g", (a,), {"a": elementwise(lambda p: p + 1, a)}),
            lambda a, _: Graph("g", (a,), {"L": a}, {"a": Integer(1)}),
            lambda a, x: Graph("g", (a, x), {"n": mean(x)}),
            lambda _, x: Graph("g", (x,), {"L": mean(x)}, {"n": Integer(1)}),
        ],
        ids=["two inputs", "line and input", "parameter and input", "line and axis", "parameter"],
    )
    def test_a_name_used_twice_is_refused(self, build):
        """Inputs, lines, parameters and axes need names of their own."""
        with pytest.raises(ValueError, match=r"uses the name '.' twice"):
            build(array("a"), array("x", "n"))


class TestDepth:
    def test_a_chain_of_5000_layers_is_no_recursion(self):
        """Building, ordering and the reverse sweep know no depth limit."""
        x = node = array("x")
        for _ in range(5000):
            node = elementwise(lambda a: sympy.sin(a) / 2, node)

        assert len(topological([node])) == 5001
        assert ["y", "x"] == list(symdiff.adjoints(Graph("deep", (x,), {"y": node})))

    def test_a_chain_of_5000_layers_is_pickled_and_copied(self):
        """In a flat list, so pickle knows no depth limit either."""
        x = node = array("x")
        for _ in range(5000):
            node = elementwise(lambda a: sympy.sin(a) / 2, node)
        graph = Graph("deep", (x,), {"y": node})

        assert pickle.loads(pickle.dumps(node)) is node  # noqa: S301 - our own bytes
        assert pickle.loads(pickle.dumps(graph)).output is node  # noqa: S301 - our own bytes
        assert copy.deepcopy(graph).output is node

    def test_a_chain_of_500_layers_is_evaluated(self):
        """The program of a deep chain runs, and its derivative is the product along it."""
        x = node = array("x")
        for _ in range(500):
            node = elementwise(lambda a: 2 * sigmoid(a) - 1, node)
        found = symdiff.adjoints(Graph("deep", (x,), {"y": node})).lambdify()(x=0.0)

        assert found["x"] == pytest.approx(0.5**500, rel=1e-13)

    def test_operands_come_before_their_users(self):
        """The topological order has every operand before every user, each node once."""
        graph = symdiff.linear_layer()
        order = topological([graph.output])
        for i, node in enumerate(order):
            assert set(node.operands) <= set(order[:i])

        assert len(set(order)) == len(order)


def test_contraction_over_no_operand_axes_is_a_sum():
    """contraction(x, ()) sums over everything."""
    assert value(contraction((array("x", "n"),), ()), x=[1.0, 2.0, 4.0]) == 7


def test_a_stop_has_its_operands_value():
    """A stop node changes no value."""
    (a,) = scalars("a")

    assert value(elementwise(lambda p: 3 * p, stop(a, "detach()")), a=2.0) == 6


def test_placeholders_are_no_identifiers():
    """An operand's symbol has a name that no user's symbol can have."""
    assert not placeholder(0).name.isidentifier()
    assert isinstance(elementwise(lambda p: p + 1, array("a")), Elementwise)


def test_a_notebook_shows_the_lines():
    """One aligned equation a line, in the notation of the text."""
    lines = (
        r"z &= w \, x + b \\",
        r"y &= \tanh\left(z\right) \\",
        r"L &= \frac{\left(y - t\right)^{2}}{2}",
    )
    expected = "\n".join([r"$$\begin{aligned}", *lines, r"\end{aligned}$$"])

    assert expected == symdiff.neuron("tanh")._repr_latex_()


def test_what_a_zero_folds_away_is_no_operand():
    """x times a broadcast 0 is a broadcast 0: a step that computed a number would lack its axes."""
    x = array("x", "n")
    nothing = broadcast(constant(0), ("n",))
    product = elementwise(lambda a, b: a * b, x, nothing)

    assert product is nothing


def test_a_sum_over_some_axes_keeps_the_others_in_order():
    """And a mean divides it by their lengths."""
    x = array("x", "n c h")

    assert total(x, ["c"]).axes == ("n", "h")
    assert mean(x, ["n", "h"]).axes == ("c",)
