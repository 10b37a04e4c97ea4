"""A case: one subject at chosen inputs in one type, with its truth; any engine may be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

import symdiff
from comparisons.budget import Budget
from comparisons.comparison import AdjointResult, Comparison
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines import Engine, Gradients, Setting
from comparisons.engines.engine import Indices
from comparisons.engines.forward_pass import COTANGENT
from comparisons.judging import Judge
from comparisons.subjects import Inputs, Subject
from comparisons.truth import TruthOf
from symdiff import Graph
from symdiff.graph.derivation import CONSTANT, NO_DEPENDENCE, requiring_grad
from symdiff.oracle.enclosure import Enclosure, Why


@dataclass(frozen=True, eq=False)
class Case:
    """What is compared. The truth is computed once, however many engines are asked."""

    subject: Subject
    setting: Setting
    inputs: Inputs  # with the cotangent, `v`, where it is not ones
    budget: Budget
    cotangent: str = "ones"  # as it is called

    @property
    def dtype(self) -> FloatType:
        """The type torch computes in."""
        return self.setting.dtype

    def answer(self, engine: Engine) -> Comparison:
        """The engine's gradients, judged.

        Raises: ValueError if the engine cannot take the subject or run here; TypeError if torch
            fails; and what the subject raises.
        """
        reason = engine.refuses(self.subject) or engine.unavailable()
        if reason is not None:
            raise ValueError(f"the engine {engine.name} cannot be asked: {reason}")
        at, chosen = self._at(engine)
        try:
            gradients = engine.gradients(self.subject, at, self.setting)
        except (RuntimeError, NotImplementedError) as error:
            why = str(error).partition("\n")[0]
            raise TypeError(f"torch has no {engine.name} of {self.subject}: {why}") from error
        asked = self._second if engine.order == 2 else self
        adjoints, wrong = asked.judged(gradients, at, chosen)
        missing = asked.truth_of.adjoints.missing
        absent = {k: why for k, why in missing.items() if k not in wrong}
        return Comparison(
            asked.subject,
            self.dtype,
            engine.name,
            self.budget,
            adjoints,
            absent,
            wrong,
            chosen,
            self.cotangent,
            self.setting.device,
        )

    def _at(self, engine: Engine) -> tuple[Inputs, Indices | None]:
        """The inputs that the engine takes, and which they are of all."""
        if any(i.axes for i in self.subject.graph.inputs):
            return self.inputs, None
        shape = np.broadcast_shapes(*(v.shape for v in self.inputs.values()))
        chosen = engine.chosen(int(np.prod(shape)))
        if chosen is None:
            return self.inputs, None
        flat = {k: np.broadcast_to(v, shape).ravel()[chosen] for k, v in self.inputs.items()}
        return flat, chosen

    @cached_property
    def truth_of(self) -> TruthOf:
        """What the adjoints should be; times the cotangent, where one is put in point by point."""
        pointwise = not any(i.axes for i in self.subject.graph.inputs)
        weighted = pointwise and COTANGENT in self.inputs
        return TruthOf(_weighted(self.subject.graph) if weighted else self.subject.graph)

    @cached_property
    def _truth(self) -> dict[str, Enclosure]:
        return self.truth_of.enclosed(self.inputs, self.dtype)

    @cached_property
    def _second(self) -> Case:
        """The same case of the derivative: its gradient is f''."""
        definition = self.subject.definition
        assert definition is not None  # noqa: S101 - the engine refuses other subjects
        if self.cotangent != "ones":
            raise ValueError("second derivatives are compared for a cotangent of ones only")
        slope = replace(definition, formula=definition.derivative(), stable={}, at={}, ideal=None)
        subject = replace(self.subject, graph=symdiff.pointwise(slope), definition=slope)
        return replace(self, subject=subject)

    def judged(
        self, gradients: Gradients, at: Inputs, chosen: Indices | None
    ) -> tuple[dict[str, AdjointResult], dict[str, str]]:
        """Each adjoint's result, and what is wrong with there being, or not being, a gradient.

        The output's own adjoint is the cotangent that was put in: nothing to judge.
        """
        graph = self.subject.graph
        judge = Judge(self.subject, self.truth_of, self.dtype, self.budget)
        missing = self.truth_of.adjoints.missing
        differentiable = requiring_grad(graph)
        results: dict[str, AdjointResult] = {}
        wrong: dict[str, str] = {}
        for name, value in gradients.values.items():
            if missing.get(name) == CONSTANT:  # torch's 0 · z has a gradient, a number has none
                continue
            expected = name in differentiable
            cannot_say_none = name not in gradients.requires_grad  # torch.func has zeros for it
            if name in missing and cannot_say_none and value is not None and not value.any():
                continue
            problem = _presence(
                _of_numbers(value, at),
                requires_grad=gradients.requires_grad.get(name, expected),
                expected=expected,
                missing=missing.get(name),
            )
            if problem is not None:
                wrong[name] = problem
            elif value is not None and name in self._truth and name != graph.output_name:
                truth = self._truth[name]
                some = truth if chosen is None else truth.reshape((truth.high.size,))[chosen]
                _something_known(f"{name} of {self.subject}", some, at)
                judged, enclosure = judge.judged(name, value, some, at)
                results[name] = AdjointResult(name, at, value, enclosure, judged)
        return results, wrong


def _something_known(name: str, truth: Enclosure, at: Inputs) -> None:
    """Raises: ValueError if there may be truths at finite inputs, and none was certified."""
    finite = np.ones(truth.shape, dtype=bool)
    for v in at.values():
        if v.shape == truth.shape:
            finite &= np.isfinite(v)
    unsettled = truth.unsettled & finite
    if unsettled.any() and not (truth.certified & finite).any():
        why = Why(int(truth.why[unsettled][0])).sentence
        raise ValueError(
            f"the truth of {name} was certified at no point, so nothing can be judged: {why}"
        )


def _weighted(graph: Graph) -> Graph:
    """The graph with its output multiplied by the cotangent, point by point."""
    (v,) = symdiff.scalars(COTANGENT)
    total = symdiff.elementwise(lambda c, y: c * y, v, graph.output)
    name = next(n for n in ("L", "S", "total") if n not in graph.nodes)
    return Graph(graph.name, (*graph.inputs, v), {**graph.lines, name: total}, graph.parameters)


def _of_numbers(value: Float64Array | None, at: Inputs) -> Float64Array | None:
    """The gradient with 0 where an input is NaN: of a NaN none has to come, and any may."""
    if value is None or any(v.shape != value.shape for v in at.values()):
        return value
    return np.where(np.logical_or.reduce([np.isnan(v) for v in at.values()]), 0.0, value)


def _presence(
    value: Float64Array | None, *, requires_grad: bool, expected: bool, missing: str | None
) -> str | None:
    """What is wrong with there being, or not being, a gradient; None is not zero."""
    if missing == NO_DEPENDENCE:  # torch may well give zeros where nothing depends on a value
        useless = value is None or not np.any(value)
        return None if useless else f"has a gradient, and should have none: {missing}"
    if requires_grad != expected:
        return f"has requires_grad = {requires_grad}, and should have {expected}"
    if missing is None:
        return "has no gradient (None), and should have one" if value is None else None
    return None if value is None else f"has a gradient, and should have none: {missing}"
