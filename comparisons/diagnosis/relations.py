"""Say how a wrong gradient is related to the true one: twice it, transposed, a term short.

Each relation is tested in exact arithmetic, in every entry, on the backward that ran: what is said
is so at these inputs. Where none fits nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from flint import arb, ctx
from sympy import Symbol

from comparisons.capture.running.place import Place
from comparisons.diagnosis.exact import Balls, relative
from comparisons.diagnosis.truths import Truths
from symdiff import notation
from symdiff.graph import Input, Node, topological
from symdiff.graph.reading.in_names import line, symbol_of
from symdiff.trees.extent import TooLarge

_SPARE_BITS = 80  # of the precision: what the roundings of balls may cost
_LARGEST = 64  # of the numerator and denominator of a factor that is told as a fraction
_MOST_CUTS = 64
_TELLING = 4  # numbers that differ, from which on finding them elsewhere is no chance
_LONGEST = 60  # characters of a formula within a sentence

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slack:
    """Decides when two numbers count as equal: as balls, or within rounding of torch's numbers.

    Args: rounding, what is beside a number that torch computed; None for balls.
    """

    rounding: float | None = None
    unit: float = 0.0  # relative, of a factor

    def equal(self, a: arb, b: arb) -> bool:
        """Whether two balls may be one number, and are narrow enough to tell."""
        if self.rounding is not None:
            return bool(abs(a - b) <= self.rounding)
        allowed = 2.0 ** -(ctx.prec - _SPARE_BITS)
        if not a.overlaps(b):
            return False
        if a.contains(0) and b.contains(0):
            return bool(abs(a - b) < allowed)
        return relative(a, b) <= allowed

    def same(self, a: Balls, b: Balls) -> bool:
        """Whether all entries of two arrays may be equal."""
        pairs = zip(a.ravel(), b.ravel(), strict=True) if a.shape == b.shape else ()
        return a.shape == b.shape and all(self.equal(p, q) for p, q in pairs)

    def zero(self, values: Balls) -> bool:
        """Whether all entries may be 0."""
        return all(self.equal(v, arb(0)) for v in values.ravel())

    def number(self, value: arb, number: int) -> bool:
        """Whether a factor is an integer."""
        if self.rounding is not None:
            return relative(value, arb(number)) <= self.unit
        return self.equal(value, arb(number))


@dataclass(frozen=True, eq=False)
class Evidence:
    """A wrong quantity beside all others of the run.

    Args:
        name: of the quantity, an input.
        given: what the backward that ran gives in exact arithmetic, of each quantity.
        truths: what is right.
        labels: what the quantities are called.
        values: the arrays of the code by what they are called, in torch's shapes.
        shapes: torch's, of the quantities.
        weights: the inputs that are cotangents.
        places: the user's lines, of nodes of the true graph.
        slack: when two numbers count as one.
    """

    name: str
    given: Mapping[str, Balls]
    truths: Truths
    labels: Mapping[str, str]
    values: Mapping[str, Balls]
    shapes: Mapping[str, tuple[int, ...]]
    weights: Sequence[str]
    places: Mapping[Node, Place]
    slack: Slack

    @cached_property
    def computed(self) -> Balls:
        """The wrong numbers, in torch's shape."""
        return self.shaped(self.name, self.given[self.name])

    @cached_property
    def truth(self) -> Balls:
        """The right numbers, in torch's shape."""
        return self.shaped(self.name, self.truths.values[self.name])

    @property
    def label(self) -> str:
        """The quantity's name in print."""
        return self.labels[self.name]

    def shaped(self, name: str, values: Balls) -> Balls:
        """A quantity in torch's shape."""
        return values.reshape(self.shapes[name])


def relation(evidence: Evidence) -> str:
    """The first relation that holds, in words; empty if none does.

    Raises: OutOfTimeError where a time was allowed and is spent.
    """
    e, computed, label = evidence, evidence.computed, evidence.label
    if not all(b.is_finite() for b in (*computed.ravel(), *e.truth.ravel())):
        return ""
    if e.slack.zero(computed):
        return f"{label} is 0 everywhere, and the truth is not"
    simple = list(_simple(e))
    for what, other in simple:
        if e.slack.same(computed, other):
            return f"{label} is {what}"
    for what, other in simple:
        factor = _factor(computed, other, e)
        if factor is not None:
            return f"{label} is {what}{_times(factor, e)}"
    for what, other in _others(e):
        if e.slack.same(computed, other):
            return f"{label} {what}"
    return _elsewhere(e) or _somewhere(e)


def _simple(e: Evidence) -> Iterator[tuple[str, Balls]]:
    """The truth itself, transposed, another's, or for another cotangent."""
    yield "the truth", e.truth
    if e.truth.ndim >= 2 and e.truth.shape[-1] == e.truth.shape[-2]:
        yield "the truth transposed", np.swapaxes(e.truth, -1, -2)
    for name, values in e.truths.values.items():
        same = name != e.name and name not in e.weights and e.shapes[name] == e.shapes[e.name]
        if same:
            theirs = e.labels[name]
            swapped = (
                e.slack.same(e.shaped(name, e.given[name]), e.truth) if name in e.given else False
            )
            yield (
                f"that of {theirs}{', and the reverse' if swapped else ''}",
                e.shaped(name, values),
            )
    for v in e.weights:
        ones = np.ones(np.shape(e.truths.inputs[v]))
        yield (
            f"the gradient for a cotangent of ones: {v} is not multiplied in",
            e.shaped(e.name, e.truths.with_input(v, ones)[e.name]),
        )


def _others(e: Evidence) -> Iterator[tuple[str, Balls]]:
    yield from _factors(e)
    yield from _slices(e)
    yield from _cuts(e)


def _factors(e: Evidence) -> Iterator[tuple[str, Balls]]:
    """The truth times an array of the code, or without it."""
    for name, values in e.values.items():
        try:
            spread = np.broadcast_to(values, e.truth.shape)
        except ValueError:
            continue
        if not all(b.is_finite() for b in spread.ravel()):
            continue
        yield f"is the truth times {name}: that factor is one too many", e.truth * spread
        if not any(b.contains(0) for b in spread.ravel()):
            yield f"is the truth divided by {name}: that factor is missing", e.truth / spread


def _slices(e: Evidence) -> Iterator[tuple[str, Balls]]:
    """The truth for a part of the cotangent only."""
    for v in e.weights:
        whole = np.asarray(e.truths.inputs[v], dtype=np.float64)
        for axis in range(whole.ndim):
            for word, place in (("first", 0), ("last", -1)):
                part = np.zeros_like(whole)
                chosen = (slice(None),) * axis + (place,)
                part[chosen] = whole[chosen]
                text = f"takes the {word} entry along axis {axis} of {v} alone, not the sum"
                yield text, e.shaped(e.name, e.truths.with_input(v, part)[e.name])


def _cuts(e: Evidence) -> Iterator[tuple[str, Balls]]:
    """The truth with a value on the way taken for a constant, or one path left out."""
    graph = e.truths.adjoints.graph
    own = graph.nodes[e.name]
    reached = _reached(graph.output_nodes, own)
    inner = [n for n in reached if n is not own and n not in graph.output_nodes]
    for node in inner[:_MOST_CUTS]:
        cut = e.truths.where(lambda n, _, node=node: n is not node, e.name)  # type: ignore[misc]  # bound at once
        if cut is not None:
            yield (
                f"is the truth if {_described(node, e)} were a constant: its derivative is missing",
                e.shaped(e.name, cut),
            )
    edges = [(n, o) for n in reached for o in dict.fromkeys(n.operands) if o in reached]
    for user, operand in edges[:_MOST_CUTS]:
        cut = e.truths.where(
            lambda n, o, user=user, operand=operand: not (n is user and o is operand),  # type: ignore[misc]  # as above
            e.name,
        )
        if cut is not None:
            what = (
                e.labels[e.name].removesuffix(".grad") if operand is own else _described(operand, e)
            )
            yield (
                f"misses a term: what passes from {_described(user, e)} to {what} directly",
                e.shaped(e.name, cut),
            )


def _reached(outputs: Sequence[Node], own: Node) -> list[Node]:
    """The nodes that hang on an input, itself among them, in order."""
    found: set[Node] = {own}
    order = []
    for node in topological(outputs):
        if node is own or any(o in found for o in node.operands):
            found.add(node)
            order.append(node)
    return order


def _described(node: Node, e: Evidence) -> str:
    """A value by its formula if that is short, else by its line."""
    graph = e.truths.adjoints.graph
    names: dict[Node, Symbol] = {
        n: symbol_of(k, n) for k, n in graph.nodes.items() if isinstance(n, Input)
    }
    written = line("it", node, names)
    text = "" if isinstance(written, TooLarge) else notation.text(written)
    if 0 < len(text) <= _LONGEST:
        return text
    place = e.places.get(node)
    return "a value on the way" if place is None else f"the value of {place}"


def _elsewhere(e: Evidence) -> str:
    """Whether the right numbers are in other places."""
    computed, truth = (
        np.sort(np.asarray([float(b.mid()) for b in v.ravel()])) for v in (e.computed, e.truth)
    )
    allowed = e.slack.rounding if e.slack.rounding is not None else np.abs(truth) * 2.0**-48
    if len(np.unique(truth)) < _TELLING or not (np.abs(computed - truth) <= allowed).all():
        return ""
    return f"{e.label} has the right numbers, to float64, in other places"


def _somewhere(e: Evidence) -> str:
    """The region of the array that is wrong, in words; empty if it is none."""
    pairs = zip(e.computed.ravel(), e.truth.ravel(), strict=True)
    wrong = np.asarray([not e.slack.equal(a, b) for a, b in pairs]).reshape(e.truth.shape)
    if wrong.all() or not wrong.any():
        return ""
    regions = (_region(n, v, wrong) for n, v in e.values.items())
    where = next(filter(None, regions), "") or _indices(wrong)
    if not where:
        return ""
    there = (e.computed[wrong], e.truth[wrong])
    factor = _factor(*there, e)
    how = "; there it is 0" if e.slack.zero(there[0]) else ""
    if factor is not None:
        how = f"; there it is the truth{_times(factor, e)}"
    right = int((~wrong).sum())
    return f"{e.label} is right in {right} of {wrong.size} entries, and wrong where {where}{how}"


def _region(name: str, values: Balls, wrong: Bools) -> str:
    """The side of a border of an array that is wrong, all of it; empty if there is none."""
    if values.shape != wrong.shape or not all(b.is_finite() for b in values.ravel()):
        return ""
    numbers = np.asarray([float(b.mid()) for b in values.ravel()]).reshape(wrong.shape)
    for text, sizes in ((name, numbers), (f"|{name}|", np.abs(numbers))):
        bad, good = sizes[wrong], sizes[~wrong]
        if bad.max() < good.min():
            return _border(text, "<", float(bad.max()), float(good.min()))
        if bad.min() > good.max():
            return _border(text, ">", float(bad.min()), float(good.max()))
    return ""


def _indices(wrong: Bools) -> str:
    """The indices along one axis that are wrong, everything there; empty if there are none."""
    for axis in range(wrong.ndim):
        others = tuple(a for a in range(wrong.ndim) if a != axis)
        some, every = wrong.any(axis=others), wrong.all(axis=others)
        if np.array_equal(some, every) and not some.all():
            found = [int(i) for i in np.flatnonzero(some)]
            return f"the index along axis {axis} is {_listed(found)}"
    return ""


def _listed(numbers: Sequence[int]) -> str:
    most = 6
    shown = ", ".join(map(str, numbers[:most]))
    return f"{shown}, …" if len(numbers) > most else shown


def _border(text: str, side: str, bad: float, good: float) -> str:
    low, high = sorted((bad, good))
    if low <= 0 <= high:
        return f"{text} {side} 0"
    return f"{text} {side} {good:.4g} (right there, wrong from {bad:.4g} on)"


def _factor(computed: Balls, other: Balls, e: Evidence) -> arb | None:
    """The number that every entry of one is a multiple of the other by; None if there is none."""
    if computed.shape != other.shape:
        return None
    nonzero = [
        (a, b) for a, b in zip(computed.ravel(), other.ravel(), strict=True) if not b.contains(0)
    ]
    if not nonzero:
        return None
    factor = nonzero[0][0] / nonzero[0][1]
    if factor.contains(0) or not factor.is_finite():
        return None
    return factor if e.slack.same(computed, other * factor) else None


def _times(factor: arb, e: Evidence) -> str:
    """The factor in words; nothing for 1."""
    for q in range(1, _LARGEST + 1):
        p = factor * q
        nearest = round(float(p.mid()))
        if nearest and abs(nearest) <= _LARGEST and e.slack.number(p, nearest):
            return _fraction(nearest, q, e)
    return f" times {float(factor.mid())!r}"


def _fraction(p: int, q: int, e: Evidence) -> str:
    if (p, q) == (1, 1):
        return ""
    if (p, q) == (-1, 1):
        return " with the opposite sign"
    lengths = {n for shape in e.shapes.values() for n in shape}
    if p == 1:
        hint = f" ({q} entries are averaged that should be summed?)" if q in lengths else ""
        return f" divided by {q}{hint}"
    hint = f" ({p} entries are summed that should be averaged?)" if q == 1 and p in lengths else ""
    return f" times {p}{hint}" if q == 1 else f" times {p}/{q}"
