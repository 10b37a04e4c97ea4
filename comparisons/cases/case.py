"""A case is one subject at chosen inputs in one type, with its truth; any engine may be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np

import symdiff
from comparisons.dtypes import Float64Array, FloatType, coarser
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.every import ENGINES, engine_named
from comparisons.engines.undisturbed import calling, subnormals_kept, undisturbed
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.graphs.allowance import TIMES, Allowance
from comparisons.judge.graphs.formulas import formula_errors, no_less
from comparisons.judge.graphs.held import precisions
from comparisons.judge.judge import Judge
from comparisons.judge.judgement import Judgement
from comparisons.judge.power.of_graphs import nonlinear, power_of
from comparisons.judge.power.power import Power, unjudged
from comparisons.judge.presence import is_computed, presence, residue, zero_at_nan
from comparisons.judge.truth import Truth
from comparisons.results.adjoint_result import AdjointResult
from comparisons.results.comparison import Comparison
from comparisons.results.engine_table import EngineTable
from comparisons.subjects.subject import Subject
from symdiff import Definition
from symdiff.array_types import IndexArray
from symdiff.graph import Node
from symdiff.graph.adjoints.derivation import CONSTANT, requiring_grad
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.rounding import RoundingErrors


@dataclass(frozen=True, eq=False)
class Case:
    """A subject, its inputs, the type and the truth that any engine's gradients are compared with.

    The truth is computed once, however many engines are asked.
    """

    subject: Subject
    derived: Truth  # of the subject's graph: its closed forms
    setting: Setting
    inputs: Inputs  # with the cotangent where it is not ones
    budget: Budget
    cotangent: str = "ones"  # as it is called

    @property
    def dtype(self) -> FloatType:
        """The floating-point type that torch computes in."""
        return self.setting.dtype

    def answer(self, engine: Engine) -> Comparison:
        """Ask an engine for its gradients, and judge them.

        Raises: ValueError if the engine cannot take the subject or run here; TypeError if torch
            fails; and what the subject raises.
        """
        at, chosen = self._at(engine)
        gradients = self.gradients(engine, at)
        return self.judging(engine).judged(engine, gradients, at, chosen)

    def judging(self, engine: Engine) -> Case:
        """The case by whose truth results are judged: that of f' for second derivatives.

        Its inputs are those that the engine's kernels read.
        """
        read = engine.read(self.inputs, self.dtype)
        case = self if read is self.inputs else replace(self, inputs=read)
        return case._second if engine.order == 2 else case  # noqa: SLF001 - another case

    def gradients(self, engine: Engine, at: Inputs | None = None) -> Gradients:
        """The gradients that an engine computes, by default at the case's inputs.

        Raises: ValueError if the engine cannot be asked; TypeError if torch fails; what the
            subject raises.
        """
        reason = _refusal(engine, self.subject)
        if reason is not None:
            raise ValueError(f"the engine {engine} cannot be asked: {reason}")
        try:
            with calling(self.subject), subnormals_kept(f"{self.subject} in {engine}"):
                given = self.inputs if at is None else at
                return engine.gradients(self.subject, given, self.setting)
        except (RuntimeError, NotImplementedError) as error:
            why = str(error).partition("\n")[0]
            raise TypeError(
                f"{engine.framework} has no {engine} of {self.subject}: {why}"
            ) from error

    @undisturbed()
    def judged(
        self, engine: Engine, gradients: Gradients, at: Inputs, chosen: IndexArray | None
    ) -> Comparison:
        """The comparison of what an engine computed at inputs of the case with the truth.

        Args: chosen, which of the case's points they are; None for all.
        """
        read = engine.read(at, self.dtype)
        adjoints, wrong = self._results(gradients, read, chosen)
        ideal = self._beside_ideal(adjoints, chosen)
        if read is not at:  # judged by what the kernels read, told by what they were given
            adjoints = {k: replace(found, inputs=at) for k, found in adjoints.items()}
            ideal = None if ideal is None else replace(ideal, inputs=at)
        missing = self.truth.adjoints.missing
        return Comparison(
            subject=self.subject,
            derived=self.derived.adjoints,
            dtype=self.dtype,
            engine=engine,
            budget=self.budget,
            adjoints=adjoints,
            absent={k: why for k, why in missing.items() if k not in wrong},
            zeros=frozenset(n for n in missing if n in at and is_computed(gradients.values.get(n)))
            - {*wrong},
            wrong_presence=wrong,
            chosen=chosen,
            cotangent=self.cotangent,
            device=self.setting.device,
            given=at,
            ideal=ideal,
            unasked=(self.subject.no_double,) if self.subject.no_double else (),
        )

    def _at(self, engine: Engine) -> tuple[Inputs, IndexArray | None]:
        """The inputs that the engine takes, and which they are of all."""
        if not self.subject.pointwise:
            return self.inputs, None
        shape = np.broadcast_shapes(*(v.shape for v in self.inputs.values()))
        chosen = engine.chosen(int(np.prod(shape)))
        if chosen is None:
            return self.inputs, None
        flat = {k: np.broadcast_to(v, shape).ravel()[chosen] for k, v in self.inputs.items()}
        return flat, chosen

    @cached_property
    def truth(self) -> Truth:
        """The true adjoints at the inputs; of functions of points times the cotangent."""
        if self.subject.pointwise and COTANGENT in self.inputs:
            return self.derived.weighted
        return self.derived

    @cached_property
    def _enclosures(self) -> dict[str, Enclosure]:
        allowance = self._allowance
        enough = None if allowance is None else allowance.enough
        return self.truth.enclosed(self.inputs, self.dtype, enough)

    @cached_property
    def _judge(self) -> Judge:
        definition, allowance = self.subject.definition, self._allowance
        bare = self.subject.bare
        nearby = None if bare is None else bare.nearby
        return Judge(self.truth, definition, self._coarsest, self.budget, allowance, nearby)

    @property
    def _coarsest(self) -> FloatType:
        """The type that a function of points is judged in: its own, or the least it casts to."""
        if self._allowance is not None:
            return self.dtype
        return reduce(coarser, self.subject.types(self.dtype))

    @cached_property
    def _allowance(self) -> Allowance | None:
        """The error that rounding of the whole graph may cause; None of functions of points."""
        adjoints = self.truth.adjoints
        if adjoints.signature.pointwise:
            return None
        return Allowance(
            adjoints,
            self.inputs,
            precisions(
                adjoints,
                self.subject.held,
                self.subject.casts,
                self.dtype,
                self.subject.computed,
            ),
            computed=self.subject.computed,
            shared=self.subject.shared,
            weights=self.subject.weights,
            left=self._left,
            widened=self._widened,
            strict=self.budget.strict,
            watched=[node for nodes in self._functions.values() for node in nodes],
        )

    def _widened(self, errors: RoundingErrors) -> RoundingErrors:
        """The errors with those of torch's formula, of operators of which it loses digits."""
        if not self.subject.lossy:
            return errors
        with calling(self.subject):
            return no_less(errors, formula_errors(self.subject, self.inputs, self.dtype))

    def tolerance(self, name: str, *, widely: bool = True) -> Float64Array:
        """The error of each entry of an adjoint of a whole graph that rounding explains.

        Args: widely, as the frameworks' formulas round.
        """
        allowance = self._allowance
        assert allowance is not None  # noqa: S101 - of arrays
        errors = allowance.wide if widely else allowance.narrow
        return TIMES * errors.sizes.get(name, np.zeros(()))

    @cached_property
    def _functions(self) -> Mapping[str, Sequence[Node]]:
        """The nonlinear functions in the graph, in print, and the nodes that each is given."""
        return nonlinear(self.subject.graph)

    def _of(self, definition: Definition) -> Case:
        """The same case of another function of the same variables."""
        graph = symdiff.pointwise(definition)
        subject = replace(self.subject, graph=graph, definition=definition)
        return replace(self, subject=subject, derived=Truth(graph))

    @cached_property
    def _second(self) -> Case:
        """The same case of the derivative, also of what is meant by it: its gradient is f''."""
        definition = self.subject.definition
        assert definition is not None  # noqa: S101 - the engine refuses other subjects
        slope, meant = definition.derivative(), definition.ideal
        if meant is not None:
            meant = replace(definition, formula=meant, stable={}, at={}, ideal=None).derivative()
        return self._of(replace(definition, formula=slope, stable={}, at={}, ideal=meant))

    @cached_property
    def _ideal(self) -> Case | None:
        """The same case of the mathematical function, where the documented one departs."""
        definition = self.subject.definition
        if definition is None or definition.ideal is None:
            return None
        ideal = definition.ideal
        return self._of(replace(definition, formula=ideal, stable={}, at={}, ideal=None))

    def _beside_ideal(
        self, adjoints: Mapping[str, AdjointResult], chosen: IndexArray | None
    ) -> AdjointResult | None:
        """The first adjoint judged by the mathematical function instead."""
        if self._ideal is None or not adjoints:
            return None
        name, found = next(iter(adjoints.items()))
        return self._ideal._result(name, found.computed, found.inputs, chosen)  # noqa: SLF001 - another case

    def _result(
        self, name: str, computed: Float64Array, at: Inputs, chosen: IndexArray | None
    ) -> AdjointResult:
        """The result of judging one adjoint."""
        truth = self._enclosures[name]
        some = truth if chosen is None else truth.reshape((truth.high.size,))[chosen]
        found, enclosure = self._judge.judge(name, computed, some, at)
        power = self._power(name, computed, enclosure, found, at)
        if power.scaled and self._judge.excuse_choices(name, found, computed, enclosure):
            power = self._power(name, computed, enclosure, found, at)
        label, shape = self.subject.label(name), self.subject.shape_of(name, computed.shape)
        return AdjointResult(name, at, computed, enclosure, found, label, self.budget, power, shape)

    def _power(
        self, name: str, computed: Float64Array, truth: Enclosure, found: Judgement, at: Inputs
    ) -> Power:
        """The error that a pass would have seen."""
        if self._allowance is None:
            power = self._judge.power(name, computed, truth, found, at)
        else:
            of = self._allowance, self.dtype, self._functions
            power = power_of(name, computed, truth, found, *of)
        return replace(power, unjudged=unjudged(truth, found, at))

    def _is_zero(self, name: str) -> bool:
        """Whether an adjoint is 0 in every entry, and proven to be: torch has None for it."""
        truth = self._enclosures.get(name)
        if truth is None:
            return False
        certified = truth[truth.certified]
        return not certified.high.any() and not certified.bound.any()

    def _left(self, name: str) -> Float64Array:
        """The number that rounding may leave of an adjoint that is 0 in every entry."""
        bare, allowance = self.subject.bare, self._allowance
        if bare is None or allowance is None or not self._is_zero(name):
            return np.zeros(())
        values = allowance.narrow.values
        summed = [(self.inputs[v], values[v]) for v in bare.weights.values() if v in values]
        return residue(name, self.inputs, summed, self.dtype)

    def _results(
        self, gradients: Gradients, at: Inputs, chosen: IndexArray | None
    ) -> tuple[dict[str, AdjointResult], dict[str, str]]:
        """Each adjoint's result, and in words each gradient that is missing or should be.

        The output's own adjoint is the cotangent that was put in: nothing to judge.
        """
        graph = self.subject.graph
        missing = self.truth.adjoints.missing
        differentiable = requiring_grad(graph)
        results: dict[str, AdjointResult] = {}
        wrong: dict[str, str] = {}
        weights = () if self.subject.bare is None else self.subject.bare.weights.values()
        summed = [(at[v], y) for v in weights if (y := gradients.values.get(v)) is not None]
        for name, value in gradients.values.items():
            if missing.get(name) == CONSTANT:  # torch's 0 · z has a gradient, a number has none
                continue
            expected = name in differentiable
            cannot_say_none = name not in gradients.requires_grad  # torch.func has zeros for it
            if name in missing and cannot_say_none and value is not None and not value.any():
                continue
            if value is None and self.subject.captured and self._is_zero(name):
                value = np.zeros(self._enclosures[name].shape)  # noqa: PLW2901 - what None means
            problem = presence(
                zero_at_nan(value, at),
                requires_grad=gradients.requires_grad.get(name, expected),
                expected=expected,
                missing=missing.get(name),
                left=residue(name, at, summed, self.dtype),
            )
            if problem is not None:
                wrong[name] = problem
            elif value is not None and name in self._enclosures and name != graph.output_name:
                results[name] = self._result(name, value, at, chosen)
        return results, wrong


def ask(case: Case, engines: Iterable[str | Engine] | None = None) -> EngineTable:
    """Ask each engine about a case, and list those that cannot take it, or fail, with the reason.

    Args: engines, by name or themselves; by default all.
    Raises: ValueError if a name is unknown, or no engine could be asked.
    """
    answers: dict[str, Comparison] = {}
    absent: dict[str, str] = {}
    for engine in map(engine_named, ENGINES if engines is None else engines):
        reason = _refusal(engine, case.subject)
        try:
            if reason is None:
                answers[engine.name] = case.answer(engine)
        except TypeError as error:  # torch has no such kernel, or no such transform of it
            reason = str(error).partition("\n")[0]
        if reason is not None:
            absent[engine.name] = reason
    if not answers and absent:
        raise ValueError(f"no engine could be asked: {next(iter(absent.values()))}")
    return EngineTable(f"{case.subject}, {case.dtype}", answers, absent)


def _refusal(engine: Engine, subject: Subject) -> str | None:
    """Why the engine cannot be asked, in words; None if it can."""
    if engine.framework != subject.framework:
        return f"{subject} is a function of {subject.framework}, not of {engine.framework}"
    return engine.refuses(subject) or engine.unavailable()
