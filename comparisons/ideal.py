"""How far a gradient is from the mathematical function, where that is not the documented one."""

from __future__ import annotations

from dataclasses import replace

import symdiff
from comparisons.comparison import AdjointResult, Comparison
from comparisons.judging import Judge
from comparisons.truth import TruthOf


def beside_ideal(comparison: Comparison) -> AdjointResult | None:
    """The first variable's gradients judged by the definition's `ideal`; None if it has none."""
    definition = comparison.subject.definition
    if definition is None or definition.ideal is None:
        return None
    name = definition.variables[0]
    result = comparison.adjoints[name]
    ideal = replace(definition, formula=definition.ideal, ideal=None, stable={}, at={})
    graph = symdiff.pointwise(ideal)
    subject = replace(comparison.subject, graph=graph, definition=ideal)
    truth_of = TruthOf(graph)
    judge = Judge(subject, truth_of, comparison.dtype, comparison.budget)
    truth = truth_of.enclosed(result.inputs, comparison.dtype)[name]
    judged, enclosure = judge.judged(name, result.computed, truth, result.inputs)
    return AdjointResult(name, result.inputs, result.computed, enclosure, judged)
