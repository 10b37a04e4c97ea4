"""The adjoint of every named line against a perturbation of that line, on random graphs.

The graphs are drawn as plain descriptions, which numpy evaluates on its own; symdiff builds its
graph from the same description. The perturbation is a complex step, exact to rounding: the line's
value gets the imaginary part 1e-30 in one entry, and whatever comes after is computed again.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
import sympy
from sampled import sampled

import symdiff
from symdiff.functions import sigmoid, tanh
from symdiff.graph import Graph, array, broadcast, constant, contraction, elementwise, mean, stop
from symdiff.graph.adjoints.derivation import CONSTANT, NO_DEPENDENCE, requiring_grad
from symdiff.oracle.adjoints import enclose_adjoints

SEEDS = range(300)  # of numpy's generator
STEP = 1e-30
LETTERS = {"i": "a", "j": "b", "k": "c"}


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


# name → of SymPy, of numpy
FUNCTIONS = {
    "tanh": (lambda a: tanh(a), np.tanh),  # noqa: PLW0108 - SymPy takes the class for a constant
    "silu": (lambda a: a * sigmoid(a), lambda a: a * _sigmoid(a)),
    "sine": (lambda a: sympy.sin(a) - 2, lambda a: np.sin(a) - 2),
    "times": (lambda a, b: a * b, lambda a, b: a * b),
    "minus": (lambda a, b: a - 2 * b, lambda a, b: a - 2 * b),
    "over": (lambda a, b: a / (2 + b**2), lambda a, b: a / (2 + b**2)),
    "gap": (lambda a, b: sympy.exp(a - b), lambda a, b: np.exp(a - b)),
    "fused": (lambda a, b, c: a * b + c, lambda a, b, c: a * b + c),
    "twice": (lambda a: 2 * a, lambda a: 2 * a),
    "plus": (lambda a, b: a + b, lambda a, b: a + b),
}
ARITY = {name: of.__code__.co_argcount for name, (of, _) in FUNCTIONS.items()}


@dataclass
class Drawn:
    """Values by number: what each is made of, and the names that they have."""

    made: list = field(default_factory=list)  # (kind, content, operands, axes)
    names: dict = field(default_factory=dict)  # of lines: name → number

    def add(self, kind, content, operands, axes):
        """The number of a value, which is the same for the same value."""
        if kind == "einsum" and len(operands) == 1 and axes == self.made[operands[0]][3]:
            return operands[0]
        value = (kind, content, operands, axes)
        if value not in self.made:
            self.made.append(value)
        return self.made.index(value)

    def axes(self, number):
        """The axes of a value."""
        return self.made[number][3]


def _pick(random, sequence):
    return sequence[random.integers(len(sequence))]


def _union(groups):
    return tuple(dict.fromkeys(a for g in sorted(groups, key=len, reverse=True) for a in g))


def draw(seed):
    """A graph of a few inputs and eight values, of which most are lines, and a scalar of them."""
    random = np.random.default_rng(seed)
    drawn = Drawn()
    for name, axes in {"s": "", "u": "i", "v": "j", "w": "ij", "c": "ijk"}.items():
        drawn.add("input", name, (), tuple(axes))
    for step in range(8):
        kind = _pick(random, ["function", "function", "einsum", "repeat", "repeat", "stop"])
        some = [int(random.integers(len(drawn.made))) for _ in range(3)]
        if kind == "function":
            name = _pick(random, list(FUNCTIONS)[:-2])
            operands = tuple(some[: ARITY[name]])
            if name == "gap" and operands[0] == operands[1]:
                name = "times"  # exp(a − a) is a number: see the test of constants
            made = drawn.add(kind, name, operands, _union([drawn.axes(o) for o in operands]))
        elif kind == "einsum":
            operands = tuple(some[: random.integers(1, 3)])
            axes = sorted({a for o in operands for a in drawn.axes(o)})
            kept = tuple(str(a) for a in random.permutation(axes) if random.random() < 0.6)
            made = drawn.add(kind, None, operands, kept)
        elif kind == "repeat":
            more = [a for a in "ijk" if a in drawn.axes(some[0]) or random.random() < 0.6]
            made = drawn.add("einsum", None, (some[0],), tuple(map(str, random.permutation(more))))
        else:
            made = drawn.add(kind, None, (some[0],), drawn.axes(some[0]))
        if random.random() < 0.8:
            drawn.names[f"l{step}"] = made
        if random.random() < 0.1:
            drawn.names[f"again{step}"] = some[0]
    total = drawn.add("einsum", None, (0,), ())
    for number in random.permutation(len(drawn.made))[:6]:
        summed = drawn.add("einsum", None, (int(number),), ())
        part = drawn.add("function", "tanh", (summed,), ())
        total = drawn.add("function", "plus", (total, part), ())
    drawn.names["L"] = drawn.add("function", "twice", (total,), ())
    return drawn


def graph_of(drawn):
    """The description as symdiff builds it."""
    nodes = []
    for kind, content, numbers, axes in drawn.made:
        operands = [nodes[n] for n in numbers]
        if kind == "input":
            nodes.append(array(content, " ".join(axes)))
        elif kind == "function":
            nodes.append(elementwise(FUNCTIONS[content][0], *operands))
        elif kind == "einsum":
            nodes.append(contraction(operands, axes))
        else:
            nodes.append(stop(operands[0], "detach()"))
        assert nodes[-1].axes == axes
    inputs = tuple(n for n, made in zip(nodes, drawn.made, strict=True) if made[0] == "input")
    return Graph("drawn", inputs, {name: nodes[n] for name, n in drawn.names.items()})


def lengths_of(seed):
    """One to three entries along each axis."""
    return dict(zip("ijk", np.random.default_rng(9_000 + seed).integers(1, 4, 3), strict=True))


def inputs_of(drawn, seed):
    """Values of the inputs between −1 and 1."""
    random = np.random.default_rng(10_000 + seed)
    length = lengths_of(seed)
    return {
        content: random.uniform(-1, 1, [length[a] for a in axes])
        for kind, content, _, axes in drawn.made
        if kind == "input"
    }


def _laid_out(value, own, axes):
    order = [own.index(a) for a in axes if a in own]
    return np.transpose(value, order)[tuple(slice(None) if a in own else None for a in axes)]


def values_of(drawn, inputs, length, *, moved=None, index=()):
    """Every value by numpy, one entry of the value `moved` off by an imaginary step."""
    values = []
    for number, (kind, content, numbers, axes) in enumerate(drawn.made):
        operands = [values[n] for n in numbers]
        own = [drawn.axes(n) for n in numbers]
        shape = [length[a] for a in axes]
        if kind == "input":
            value = inputs[content].astype(complex)
        elif kind == "function":
            laid = [_laid_out(o, a, axes) for o, a in zip(operands, own, strict=True)]
            value = np.broadcast_to(FUNCTIONS[content][1](*laid), shape)
        elif kind == "einsum":
            kept = [a for a in axes if any(a in group for group in own)]
            groups = ["".join(LETTERS[a] for a in group) for group in own]
            subscripts = f"{','.join(groups)}->{''.join(LETTERS[a] for a in kept)}"
            product = np.einsum(subscripts, *operands)
            value = np.broadcast_to(_laid_out(product, kept, axes), shape)
        else:
            value = operands[0].real + 0j
        value = np.array(value, dtype=complex)
        if number == moved:
            value[index] += STEP * 1j
        values.append(value)
    return values


def perturbed(drawn, seed, number):
    """∂L/∂value, entry by entry."""
    length, inputs = lengths_of(seed), inputs_of(drawn, seed)
    slope = np.zeros([length[a] for a in drawn.axes(number)])
    for index in np.ndindex(slope.shape):
        values = values_of(drawn, inputs, length, moved=number, index=index)
        slope[index] = values[drawn.names["L"]].imag / STEP
    return slope


def is_alive(drawn, number):
    """Whether an input reaches a value without a stop."""
    kind, _, operands, _ = drawn.made[number]
    return kind == "input" or (kind != "stop" and any(is_alive(drawn, o) for o in operands))


def is_reached(drawn, number, *, stops):
    """Whether the output is computed from a value, with or without passing a stop."""
    reached = {drawn.names["L"]}
    for later in range(len(drawn.made) - 1, -1, -1):
        kind, _, operands, _ = drawn.made[later]
        if later in reached and (stops or kind != "stop"):
            reached.update(operands)
    return number in reached


@pytest.mark.parametrize("seed", sampled(SEEDS, 3))
def test_the_adjoint_of_every_named_line_is_its_perturbation(seed):
    """In the shape of its axes; where there is none, the reason is the true one."""
    drawn = draw(seed)
    graph = graph_of(drawn)
    found = symdiff.adjoints(graph)
    got = found.lambdify()(**inputs_of(drawn, seed))
    numbers = {m[1]: n for n, m in enumerate(drawn.made) if m[0] == "input"} | drawn.names
    alive = {name for name, number in numbers.items() if is_alive(drawn, number)}

    assert requiring_grad(graph) == alive
    assert found.keys() | found.missing.keys() == numbers.keys()
    for name, number in numbers.items():
        if name in found:
            expected = perturbed(drawn, seed, number)

            assert found.nodes[name].axes == drawn.axes(number)
            assert got[name].shape == expected.shape
            np.testing.assert_allclose(got[name], expected, rtol=1e-9, atol=1e-12)
            continue
        cut = name not in alive or is_reached(drawn, number, stops=True)

        assert name not in alive or not perturbed(drawn, seed, number).any()
        assert found.missing[name] == ("cut by detach()" if cut else NO_DEPENDENCE)
        assert name not in alive or not is_reached(drawn, number, stops=False)


def test_the_graphs_drawn_have_what_they_are_to_have():
    """Named repeats, transposes, sums and stops, aliases, repeats as operands, three axes."""
    everything = [draw(seed) for seed in SEEDS]
    kinds = set()
    for drawn in everything:
        named = list(drawn.names.values())
        kinds |= {"alias"} if len(set(named)) < len(named) else set()
        for number in named:
            kind, _, operands, axes = drawn.made[number]
            own = drawn.axes(operands[0]) if operands else ()
            kinds.add(kind)
            if kind == "einsum" and len(operands) == 1:
                kinds |= {"repeat"} if set(own) < set(axes) else set()
                kinds |= {"transpose"} if set(own) == set(axes) else set()
                kinds |= {"sum"} if set(own) > set(axes) else set()
            kinds |= {"three axes"} if len(axes) == 3 else set()

    assert kinds == {
        *("input", "function", "einsum", "stop", "alias"),
        *("repeat", "transpose", "sum", "three axes"),
    }


def test_an_adjoint_that_misses_a_use_is_noticed():
    """A line that is used twice, once through another: the perturbation sees both."""
    drawn = Drawn()
    u = drawn.add("input", "u", (), ("i",))
    h = drawn.add("function", "tanh", (u,), ("i",))
    k = drawn.add("function", "times", (h, u), ("i",))
    both = drawn.add("function", "plus", (h, k), ("i",))
    drawn.names = {"h": h, "L": drawn.add("einsum", None, (both,), ())}
    inputs = inputs_of(drawn, 0)

    np.testing.assert_allclose(perturbed(drawn, 0, h), 1 + inputs["u"], rtol=1e-12)


@pytest.mark.parametrize("seed", range(0, 300, 20))
def test_every_line_is_enclosed_in_its_shape(seed):
    """Ball arithmetic agrees with the perturbation, and has the shape of the line too."""
    drawn = draw(seed)
    found = symdiff.adjoints(graph_of(drawn))
    for name, enclosure in enclose_adjoints(found, inputs_of(drawn, seed)).items():
        if name in drawn.names:
            expected = perturbed(drawn, seed, drawn.names[name])

            assert enclosure.shape == expected.shape
            np.testing.assert_allclose(enclosure.high, expected, rtol=1e-9, atol=1e-12)


class TestARepeat:
    def test_it_has_an_adjoint_of_its_own(self):
        """h repeats x: h̄ = u for L = Σ h ∘ u, and x̄ its sum."""
        x, u = array("x"), array("u", "d")
        h = broadcast(x, ("d",))
        y = elementwise(lambda a, b: a * b, h, u)
        graph = Graph("g", (x, u), {"h": h, "y": y, "L": contraction((y,), ())})
        found = symdiff.adjoints(graph)

        assert str(found).splitlines() == ["L̄ = 1", "ȳ = 1", "h̄ = u", "x̄ = Σ u", "ū = h"]
        np.testing.assert_array_equal(found.lambdify()(x=2.0, u=[3.0, 5.0])["h"], [3.0, 5.0])

    def test_all_its_uses_count(self):
        """L = Σ h ∘ u + Σ h: h̄ = u + 1."""
        x, u = array("x"), array("u", "d")
        h = broadcast(x, ("d",))
        y = elementwise(lambda a, b: a * b, h, u)
        both = [contraction((part,), ()) for part in (y, h)]
        graph = Graph("g", (x, u), {"h": h, "L": elementwise(lambda p, q: p + q, *both)})
        found = symdiff.adjoints(graph)

        np.testing.assert_array_equal(found.lambdify()(x=2.0, u=[3.0, 5.0])["h"], [4.0, 6.0])

    def test_a_sum_over_what_is_repeated_counts_it(self):
        """Σ over d of a repeat is d times: written so, and computed so."""
        x, p = array("x"), array("p", "n")
        once = Graph("g", (x,), {"L": contraction((broadcast(x, ("d",)),), ())})
        square = elementwise(lambda a: a**2, broadcast(p, ("n", "d")))
        rows = Graph("g", (p,), {"L": contraction((square,), ())})

        assert str(symdiff.adjoints(once)).splitlines() == ["L̄ = 1", "x̄ = d"]
        assert str(symdiff.adjoints(rows)).splitlines() == ["L̄ = 1", "p̄ = 2 d p"]


class TestAStop:
    @pytest.mark.parametrize(
        ("function", "expected", "line"),
        [
            (lambda p, q: sympy.exp(p - q), [0.5, 0.5], "z̄ = exp(z − stop(z))/n"),
            (lambda p, q: p * q, [1.5, 2.5], "z̄ = z/n"),
            (
                sympy.Max,
                [0.0, 0.0],
                "z̄ = {1 if stop(z) < z; 0 otherwise}/n",
            ),  # a tie is the second's
            (lambda p, q: p / (1 + p - q), [-1.0, -2.0], None),
        ],
        ids=["exp", "times", "max", "over"],
    )
    def test_beside_its_operand_it_keeps_the_axes(self, function, expected, line):
        """Where x and stop(x) fold into a number, there is one for each entry."""
        z = array("z", "n")
        graph = Graph("g", (z,), {"L": mean(elementwise(function, z, stop(z, "detach()")))})
        found = symdiff.adjoints(graph)

        np.testing.assert_array_equal(found.lambdify()(z=[3.0, 5.0])["z"], expected)
        np.testing.assert_array_equal(found.enclose(z=[3.0, 5.0])["z"].high, expected)
        assert line is None or line in str(found)

    def test_a_quotient_by_nothing_is_no_number(self):
        """x/(x − stop(x)) is undefined everywhere, and said so entry by entry."""
        z = array("z", "n")
        y = elementwise(lambda p, q: p / (p - q), z, stop(z, "detach()"))
        found = symdiff.adjoints(Graph("g", (z,), {"L": mean(y)}))

        np.testing.assert_array_equal(found.lambdify()(z=[3.0, 5.0])["z"], [np.nan, np.nan])
        assert not found.enclose(z=[3.0, 5.0])["z"].certified.any()

    def test_after_it_nothing_is_asked_for_and_that_is_said(self):
        """What is computed from a cut value alone is cut, not without influence."""
        a = array("a")
        late = elementwise(lambda p: p**2, stop(a, "no_grad()"))
        graph = Graph("g", (a,), {"late": late, "L": elementwise(lambda p, q: p * q, late, a)})

        assert symdiff.adjoints(graph).missing == {"late": "cut by no_grad()"}


def test_a_constant_line_says_that_it_is_one():
    """A number is no value that an input moves."""
    x = array("x", "n")
    gone = elementwise(lambda p, q: p - q + 2, x, x)
    lines = {"c": constant(3), "r": broadcast(constant(5), ("n",)), "d": gone}
    graph = Graph("g", (x,), {**lines, "y": elementwise(lambda p, q: p * q, x, lines["c"])})

    assert symdiff.adjoints(graph).missing == dict.fromkeys("cdr", CONSTANT)
    assert requiring_grad(graph) == {"x", "y"}
