"""A comparison says what was compared and how it fares, at a glance and in every detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.dtypes import FloatType
from comparisons.engines.engine import Engine
from comparisons.engines.snippet import AmongPoints
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.judge.budget import Budget
from comparisons.judge.power.power import Reached, reached_sentence
from comparisons.judge.vocabulary import Standing, Status, Verdict
from comparisons.results.adjoint_result import AdjointResult
from comparisons.results.envelope import Envelope, envelope
from comparisons.results.point import Point
from comparisons.results.result import Example
from comparisons.results.summary import Summary
from comparisons.results.views.figure import figure, picture
from comparisons.results.views.frame import frame_of_values, latex_table
from comparisons.results.views.html_table import html_table
from comparisons.results.views.number import shown
from comparisons.subjects.subject import Subject
from symdiff import Adjoints
from symdiff.array_types import IndexArray

if TYPE_CHECKING:
    from comparisons.diagnosis.diagnosis import Diagnosis

_NO_ENTRIES = "it has no entries"
_DIAGNOSED = 8  # points of many: the worst, and three times as many others


@dataclass(frozen=True, eq=False)
class Comparison:
    """A torch gradient beside the truth: what was compared, and how it fares."""

    subject: Subject
    derived: Adjoints  # the closed forms that it was judged by
    dtype: FloatType
    engine: Engine
    budget: Budget
    adjoints: Mapping[str, AdjointResult]
    absent: Mapping[str, str]  # name → why it rightly has no gradient
    wrong_presence: Mapping[str, str]  # name → a gradient missing or unexpected, in words
    chosen: IndexArray | None = None  # which points, where an engine takes some only
    cotangent: str = "ones"
    device: str = "cpu"
    given: Inputs | None = None  # what went in, where a gradient is missing or not as it should be
    # The same gradients beside the mathematical function, where the documented one departs from it
    # (softplus with its threshold from log(1 + e^z)): verdicts are about what is documented.
    ideal: AdjointResult | None = None
    also: tuple[str, ...] = ()  # what a check asked beside, in words
    unasked: tuple[str, ...] = ()  # what it did not ask
    script: str = ""  # statements that show what `wrong_presence` says, where no engine's do
    zeros: frozenset[str] = frozenset()  # of the absent, where zeros were computed: as good as none

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its adjoints; inconclusive where no gradient could be asked."""
        if self.wrong_presence:
            return Verdict.DISAGREES
        verdicts = [a.verdict for a in self.adjoints.values()]
        verdicts += [Verdict.INCONCLUSIVE] if self.nothing_to_judge else []
        return max(verdicts, key=lambda v: v.rank, default=Verdict.ACCURATE)

    @property
    def nothing_to_judge(self) -> Mapping[str, str]:
        """By input, why the user's code has no gradient anywhere; empty if it has one.

        A pass would be that of its values alone. An input without entries has nothing to judge.
        """
        bare = self.subject.bare
        if bare is None:
            return {}
        none = {n: why for n, why in self.absent.items() if n not in self.zeros}
        inputs = [i.name for i in self.subject.graph.inputs if i.name not in bare.weights.values()]
        inputs = [n for n in inputs if 0 not in bare.shapes[n]]
        return {n: none[n] for n in inputs} if all(n in none for n in inputs) else {}

    @property
    def worst_adjoint(self) -> AdjointResult | None:
        """The adjoint whose worst value is furthest beyond what is allowed."""
        return max(
            self.adjoints.values(),
            key=lambda a: (a.verdict.rank, a.judgement.excess.max(initial=0.0)),
            default=None,
        )

    @property
    def worst(self) -> Point | None:
        """The worst value of the worst adjoint; None if nothing has a gradient."""
        return None if self.worst_adjoint is None else self.worst_adjoint.worst

    @property
    def worst_summary(self) -> Summary | None:
        """The summary of the worst adjoint."""
        return None if self.worst_adjoint is None else self.worst_adjoint.summary()

    @property
    def wrong(self) -> int:
        """The number of values of the worst adjoint that are beyond what is allowed."""
        return 0 if self.worst_adjoint is None else self.worst_adjoint.judgement.wrong

    def broken(self, most: int = 10) -> Sequence[Point]:
        """The values of the worst adjoint beyond what is allowed, the worst first."""
        return [] if self.worst_adjoint is None else self.worst_adjoint.broken(most)

    @property
    def max_ulp(self) -> float:
        """The largest error in ulp over all adjoints."""
        return max((a.max_ulp for a in self.adjoints.values()), default=0.0)

    @property
    def bulk_ulp(self) -> float:
        """The largest error in ulp where gradients are of their usual size."""
        return max((a.bulk_ulp for a in self.adjoints.values()), default=0.0)

    @property
    def values(self) -> int:
        """The number of gradients compared."""
        return sum(a.values for a in self.adjoints.values())

    def counts(self) -> dict[Status, int]:
        """The number of values of each status, over all adjoints."""
        total: dict[Status, int] = {}
        for adjoint in self.adjoints.values():
            for status, n in adjoint.counts.items():
                total[status] = total.get(status, 0) + n
        return {s: total[s] for s in Status if s in total}

    @property
    def summaries(self) -> Sequence[Summary]:
        """The summary of each adjoint."""
        return [a.summary() for a in self.adjoints.values()]

    @property
    def reached(self) -> Sequence[Reached]:
        """The nonlinear functions of arrays that the inputs reached, each over which range."""
        powers = [a.power for a in self.adjoints.values() if a.power is not None]
        return powers[0].reached if powers else ()

    @property
    def example(self) -> Example | None:
        """The worst gradient of an input, with all that went in; None if no input has one.

        Only a leaf has a `.grad` to print: for a line in between, such as z of a neuron, the worst
        of the inputs is taken. Where values were compared there is no gradient but a value.
        """
        names = [i.name for i in self.subject.graph.inputs]
        found = self.worst_adjoint
        if found is not None and found.name not in names:
            leaves = [a for a in self.adjoints.values() if a.name in names]
            if not leaves and found.name == COTANGENT:
                return self.example_of(found)
            found = max(leaves, key=lambda a: a.judgement.excess.max(initial=0.0), default=None)
        return None if found is None else self.example_of(found)

    def example_of(self, found: AdjointResult) -> Example:
        """The worst gradient of one input, with all that went in."""
        index = found.worst_index
        position = int(np.ravel_multi_index(index, found.computed.shape)) if index else 0
        place = AmongPoints(position, found.values)
        if not self.subject.pointwise:
            return Example(found.name, found.inputs, index, place)
        at = {k: np.asarray(v) for k, v in found.worst.inputs.items()}
        return Example(found.name, at, index, place)

    @property
    def envelope(self) -> Envelope | None:
        """The extremes of the errors by the size of the input; None but for one variable."""
        definition = self.subject.definition
        if definition is None or len(definition.variables) != 1:
            return None
        (variable,) = definition.variables
        found = self.adjoints.get(variable)
        if found is None:
            return None
        z = found.inputs[variable]
        return envelope(
            z,
            found.truth,
            found.computed,
            found.judgement,
            dtype=self.dtype,
            budget=self.budget,
            cotangent=np.broadcast_to(found.inputs.get(COTANGENT, np.ones(())), z.shape),
        )

    def plot(self, adjoint: str | None = None, ax: Any = None) -> Any:
        """Plot the error in ulp against the input, with Matplotlib.

        Args:
            adjoint: by name, by default the worst.
            ax: the axes to draw in, by default new ones.

        Returns: the axes.

        Raises: KeyError if there is no such adjoint; ModuleNotFoundError if Matplotlib is not
            installed.
        """
        if adjoint is not None and adjoint not in self.adjoints:
            known = ", ".join(self.adjoints)
            raise KeyError(f"{self.subject} was compared in {known}, not in {adjoint!r}")
        found = self.worst_adjoint if adjoint is None else self.adjoints[adjoint]
        if found is None:
            raise ValueError(f"{self.subject} has no gradient to plot")
        return figure(found, self._title, ax)

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a gradient: where, computed, truth, bound, ulp, status.

        Raises: ModuleNotFoundError if pandas is not installed.
        """
        return frame_of_values(self.adjoints.values())

    def to_latex(self) -> str:
        """A LaTeX table, a row an adjoint: verdict, values, the largest errors."""
        head = ("adjoint", "verdict", "values", "bulk, ulp", "worst, ulp")
        return latex_table(
            head,
            (
                (a.name, a.verdict, f"{a.values:,}", shown(a.bulk_ulp), shown(a.max_ulp))
                for a in self.adjoints.values()
            ),
        )

    @property
    def _title(self) -> str:
        return f"{self.subject}, {self.dtype}, {self.engine}: {self.verdict}"

    def diagnose(self, *, seconds: float = 60.0) -> Diagnosis:
        """Find where the errors come from: the line that loses the digits, or a wrong backward.

        The subject runs once more, forward and backward, at the inputs of the comparison; of a
        function of points, at the worst of them.

        Args: seconds, that it may take; what was not found by then is said to be so.
        Raises: whatever the subject raises.
        """
        from comparisons.diagnosis.diagnose import diagnose
        from comparisons.diagnosis.diagnosis import Diagnosis

        judged = self.worst_adjoint
        if judged is None or self.engine.order == 2:
            why = (
                "there is no gradient" if judged is None else "only first derivatives are followed"
            )
            return Diagnosis(str(self.subject), self.dtype.name, (), notes=(why,))
        at = judged.inputs
        suspects: dict[str, tuple[int, ...]] = {}
        if self.subject.pointwise and not self.subject.captured:
            at = judged.at(judged.telling_positions(_DIAGNOSED)).inputs
            suspects = {judged.name: (0,)} if judged.judgement.wrong else {}
        else:
            wrong = [a for a in self.adjoints.values() if a.judgement.wrong]
            suspects = {a.name: a.worst_index for a in wrong}
        found = diagnose(self.subject, at, self.dtype, suspects=suspects, seconds=seconds)
        if self.wrong and not found.findings and found.sound and self.engine.name != "reverse":
            note = f"a plain backward is right here: it is {self.engine} that makes the difference"
            return replace(found, notes=(*found.notes, note))
        return found

    def _nought(self, name: str) -> str:
        return "zero" if name in self.zeros else "none"

    def _repr_html_(self) -> str:
        lines = [a.cells for a in self.adjoints.values()]
        lines += [
            (self.subject.label(n), "✗", problem) for n, problem in self.wrong_presence.items()
        ]
        lines += [
            (self.subject.label(name), "✓", f"{self._nought(name)}, as it should be: {why}")
            for name, why in self.absent.items()
        ]
        drawn = "" if self.worst_adjoint is None else picture(self.worst_adjoint, self._title)
        return html_table(self._title, lines) + drawn

    def __repr__(self) -> str:
        head = f"<Comparison {self.subject}, {self.dtype}, {self.engine}: {self.verdict}"
        lines = [f"{head}, {self.values} values, bulk {self.bulk_ulp:.3g} ulp"]
        lines += [
            f"  {self.subject.label(name)}: {problem}"
            for name, problem in self.wrong_presence.items()
        ]
        lines += [
            f"  {self.subject.label(name)}: {self._nought(name)}, as it should be ({why})"
            for name, why in self.absent.items()
        ]
        for name, a in self.adjoints.items():
            counts = ", ".join(f"{n} {status}" for status, n in a.counts.items())
            told = a.values and a.worst.status.standing is not Standing.NOT_JUDGED
            worst = f"; worst {a.worst}" if told else ""
            said = f"{counts}{worst}" if a.values else _NO_ENTRIES
            lines.append(f"  {self.subject.label(name)} {a.verdict}: {said}")
            lines += [] if a.power is None else [f"    {a.power.sentence}"]
        if self.reached:
            lines.append(f"  {reached_sentence(self.reached)}")
        lines += [
            f"  held constant, as torch holds it: what leaves a tensor in {line}"
            for line in self.subject.reads
        ]
        if self.verdict is Verdict.AGREES:
            lines += [
                f"  {name} loses digits by formula: {why}"
                for name, why in self.subject.lossy.items()
            ]
        if self.ideal is not None:
            lines.append(
                f"  beside the ideal: bulk {self.ideal.bulk_ulp:.3g} ulp, {self.ideal.worst}"
            )
        if self.also:
            lines.append(f"  asked too: {'; '.join(self.also)}")
        if self.unasked:
            lines.append(f"  not asked: {'; '.join(self.unasked)}")
        return "\n".join(lines) + ">"
