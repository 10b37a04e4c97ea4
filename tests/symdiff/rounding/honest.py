"""Honest implementations of a graph: its own steps in numpy, in a type, sums in any order."""

import numpy as np
import sympy

from symdiff.functions import EXTREMES, STABLE_FUNCTIONS
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.template import placeholder
from symdiff.programs.program import program
from symdiff.programs.sharing import Entrywise


def _rounded(function):
    """The function, its result rounded to the type of what it is given."""

    def of(*arguments):
        arguments = [np.asarray(a) for a in arguments]
        wide = function(*(a.astype(np.float64) for a in arguments))
        return np.asarray(wide).astype(arguments[0].dtype)

    return of


_FUNCTIONS = {f.__name__: _rounded(f.numpy) for f in (*STABLE_FUNCTIONS, *EXTREMES)}


def implementation(derived, inputs, dtype=np.float64, order=None):
    """The adjoints by name, every operation rounded to the type.

    Args: order, a generator that sums are shuffled by and taken one after the other with.
    """
    steps = program(derived.nodes)
    arrays, parameters, lengths = derived.signature.bind(inputs)
    known = {**arrays, **parameters, **lengths}
    given = {name: np.asarray(known[name], dtype=dtype) for name in steps.arguments}
    values = {symbol: given[name] for name, symbol in steps.arguments.items()}
    for symbol, what in steps.steps:
        if isinstance(what, Entrywise):
            used = [placeholder(i) for i in range(len(what.operands))]
            function = sympy.lambdify(used, what.template, modules=[_FUNCTIONS, "numpy", "scipy"])
            made = function(*(values[s] for s in what.operands))
        elif isinstance(what, Contract) and order is not None:
            made = _shuffled(what.subscripts, [values[o] for o in what.operands], order)
        else:
            made = what.run(values.__getitem__)
        values[symbol] = np.asarray(made, dtype=dtype)
    return {name: values[symbol] for name, symbol in steps.results.items()}


def _shuffled(subscripts, operands, order):
    """The sum of products, one product after the other, in a random order."""
    left, result = subscripts.split("->")
    groups = left.split(",")
    summed = sorted(set("".join(groups)) - set(result))
    full = result + "".join(summed)
    lengths = dict(zip("".join(groups), np.concatenate([o.shape for o in operands]), strict=True))
    product = np.ones([int(lengths[x]) for x in full], dtype=operands[0].dtype)
    for group, operand in zip(groups, operands, strict=True):
        turned = np.einsum(f"{group}->{''.join(x for x in full if x in group)}", operand)
        product = product * turned.reshape([lengths[x] if x in group else 1 for x in full])
    terms = product.reshape(*product.shape[: len(result)], -1)
    total = np.zeros(terms.shape[:-1], dtype=terms.dtype)
    for i in order.permutation(terms.shape[-1]):
        total = total + terms[..., i]
    return total
