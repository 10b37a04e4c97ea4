"""Build graphs: named arrays and scalars of a few immutable kinds of node.

A kind is a file of `kinds`, with its adjoint, its lowering and its notation beside each other;
`composed` has functions made of several; `adjoints` derives, `reading` writes what is read, and
`arrays` is what lowered graphs compute with.
"""

from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import ReverseSweep, sweep
from symdiff.graph.composed.deviations import squared_deviations
from symdiff.graph.composed.mean import mean
from symdiff.graph.composed.root import root
from symdiff.graph.graph import Graph
from symdiff.graph.kinds.cholesky import cholesky
from symdiff.graph.kinds.determinant import determinant
from symdiff.graph.kinds.einsum import (
    Einsum,
    broadcast,
    contraction,
    einsum,
    repeated,
    total,
)
from symdiff.graph.kinds.elementwise import (
    Elementwise,
    constant,
    elementwise,
)
from symdiff.graph.kinds.gather import gather, scatter
from symdiff.graph.kinds.input import Input, array, scalars
from symdiff.graph.kinds.inverse import inverse
from symdiff.graph.kinds.literal import literal
from symdiff.graph.kinds.product import product
from symdiff.graph.kinds.renamed import renamed
from symdiff.graph.kinds.stop import Stop, stop
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.notation.arrays import Axes, size

__all__ = [
    "Axes",
    "Derivation",
    "Einsum",
    "Elementwise",
    "Graph",
    "Input",
    "Node",
    "ReverseSweep",
    "Stop",
    "array",
    "broadcast",
    "cholesky",
    "constant",
    "contraction",
    "determinant",
    "einsum",
    "elementwise",
    "gather",
    "inverse",
    "literal",
    "mean",
    "placeholder",
    "product",
    "renamed",
    "repeated",
    "root",
    "scalars",
    "scatter",
    "size",
    "squared_deviations",
    "stop",
    "sweep",
    "topological",
    "total",
]
