"""Random graphs of array operations, by a seed."""

import numpy as np
import sympy

from symdiff.functions import Phi, sigmoid, softplus, tanh
from symdiff.graph import Graph, array, broadcast, contraction, elementwise, mean, renamed, total
from symdiff.graph.composed.softmax import logsumexp, softmax

UNARY = (
    tanh,
    sigmoid,
    softplus,
    sympy.sin,
    lambda z: z * Phi(z),
    lambda z: sympy.exp(z / 4),
    lambda z: sympy.sqrt(z**2 + 1),
    lambda z: z / (1 + sympy.Abs(z)),
)
BINARY = (
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (1 + b**2),
)


def random_graph(seed, operations=6):
    """A graph over rows n and columns m, and inputs for it: x, a square weight W, a bias b."""
    rng = np.random.default_rng(seed)
    x, w, b = array("x", "n m"), array("W", "m k"), array("b", "m")
    square = renamed(w, ("m", "k"))
    pool = [x, broadcast(b, ("n", "m"))]
    for _ in range(operations):
        node = pool[rng.integers(len(pool))]
        kind = rng.integers(6)
        if kind == 0:
            made = elementwise(UNARY[rng.integers(len(UNARY))], node)
        elif kind == 1:
            other = pool[rng.integers(len(pool))]
            made = elementwise(BINARY[rng.integers(len(BINARY))], node, other)
        elif kind == 2:
            made = renamed(contraction((node, square), ("n", "k")), ("n", "m"))
        elif kind == 3:
            made = softmax(node, "m")
        elif kind == 4:
            made = elementwise(lambda a, mu: a - mu, node, mean(node, ["m"]))
        else:
            made = elementwise(lambda a, s: a - s, node, logsumexp(node, "m"))
        pool.append(made)
    y = total(elementwise(lambda *all_: sum(all_), *pool[-3:]), [])
    graph = Graph("random", (x, w, b), {"y": y}, lengths={"k": 5})
    inputs = {
        "x": rng.normal(size=(4, 5)),
        "W": rng.normal(size=(5, 5)),
        "b": rng.normal(size=5),
        "v": rng.normal(size=(4, 5)),
    }
    return graph, inputs
