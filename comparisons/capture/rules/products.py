"""Rules of matrix products: each an einsum whose axes are letters."""

from __future__ import annotations

from collections.abc import Callable

from comparisons.capture.arrays.axes import axes_of, labelled
from comparisons.capture.calls.call import Call, number
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, contraction, elementwise, renamed


def einsum_of(call: Call, first: str, second: str, subscripts: str) -> Node:
    """The product of two tensor arguments that `subscripts` says, over the result's axes."""
    given, _, to = subscripts.partition("->")
    factors: list[Node] = []
    lengths: dict[str, int] = {}
    for name, letters in zip((first, second), given.split(","), strict=True):
        shape = call.shape(name)
        lengths.update(zip(letters, shape, strict=True))
        factors.append(call.lettered(name, letters))
    shape = tuple(lengths[letter] for letter in to)
    return renamed(contraction(factors, labelled(to, shape)), axes_of(shape))


def _product(first: str, second: str, subscripts: str) -> Callable[[Call], Node]:
    return lambda call: einsum_of(call, first, second, subscripts)


rule("mm")(_product("self", "mat2", "ik,kj->ij"))
rule("bmm")(_product("self", "mat2", "bik,bkj->bij"))
rule("mv")(_product("self", "vec", "ik,k->i"))
rule("dot")(_product("self", "tensor", "k,k->"))
rule("vdot")(_product("self", "other", "k,k->"))


def _added(first: str, second: str, subscripts: str) -> Callable[[Call], Node]:
    """β c + α times a product."""

    def rule_of(call: Call) -> Node:
        alpha, beta = number(call["alpha"]), number(call["beta"])
        made = einsum_of(call, first, second, subscripts)
        return elementwise(lambda c, p: beta * c + alpha * p, call.node("self"), made)

    return rule_of


rule("addmm")(_added("mat1", "mat2", "ik,kj->ij"))
rule("baddbmm")(_added("batch1", "batch2", "bik,bkj->bij"))
rule("addbmm")(_added("batch1", "batch2", "bik,bkj->ij"))
rule("addmv")(_added("mat", "vec", "ik,k->i"))
rule("addr")(_added("vec1", "vec2", "i,j->ij"))
