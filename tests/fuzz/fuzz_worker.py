"""One process that takes formulas from its input and says what it finds, a line of JSON each.

Before each step it says which one it begins: when it hangs or dies, that is the last line. The
kernel ends it (SIGXCPU) after so many seconds of processor time in a step, which is a call that a
user makes and that has a budget of its own, and refuses it memory beyond a limit. Lines out:
{"step": …}, {"fault": …}, {"done": counts}.
"""

from __future__ import annotations

import json
import resource
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from process_limits import MEMORY, OutOfTime, budget, limited, memory, processor_time
from symdiff_asked import (
    apart,
    derived,
    enclosed_few,
    enclosed_many,
    kinks_of,
    last_line,
    random_float32,
    refuses,
    table_values,
    written_out,
)


class Run:
    """One formula's way through symdiff, and what was found on it."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.text, self.parameters = task.get("text", ""), task.get("parameters", {})
        self.points = np.array([float.fromhex(x) for x in task.get("points", ())])
        self.counts: dict[str, int] = {}
        self.times: dict[str, float] = {}

    def count(self, what: str, number: int = 1) -> None:
        """Add to a count of what was seen."""
        self.counts[what] = self.counts.get(what, 0) + number

    def fault(self, kind: str, seen: object, expected: object, point: object = None) -> None:
        """Say that something is wrong."""
        if kind not in self.task.get("quiet", ()):
            say(fault=kind, seen=str(seen)[:300], expected=str(expected)[:300], point=point)

    def step(self, name: str, action: Callable[[], Any]) -> Any:
        """The action's result; None if it was refused in one sentence, or failed: a fault."""
        if name not in self.task.get("only", (name,)):
            return None
        say(step=name)
        began = processor_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with limited(self.task["seconds"]):
                    return action()
        except Exception as error:  # noqa: BLE001 - every exception is a finding or a refusal
            if refuses(error):
                self.count(f"refused in {name}")
                if self.task.get("refusals"):
                    self.fault(f"refused in {name}", error, "an answer")
            else:
                kind = "memory" if isinstance(error, MemoryError) else "exception"
                self.fault(
                    f"{kind} in {name}: {type(error).__name__}", last_line(error), "one sentence"
                )
            return None
        finally:
            self.times[name] = processor_time() - began

    def compute(self) -> None:
        """Every step and every check."""
        import judging

        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM begins anew
        before = memory("VmRSS")
        both = self.step("derive", lambda: derived(self.text, self.parameters))
        if both is None:
            return
        definition, adjoints = both
        self.step("print", lambda: (str(adjoints), adjoints.latex(), adjoints.latex("closed")))
        if "z" not in adjoints:
            return
        narrow = self.narrow()

        def at(points: np.ndarray, target: str) -> Any:
            return adjoints.enclose(target=target, z=points)["z"]

        wide = self.step("enclose float64", lambda: at(self.points, "float64"))
        single = self.step("enclose float32", lambda: at(narrow, "float32"))
        fast = self.step("lambdify", lambda: adjoints.lambdify()(z=self.points)["z"])
        kinks = self.step("kinks", lambda: kinks_of(definition))
        many = None
        if self.task["table"]:
            many = self.step("table", lambda: enclosed_many(adjoints, narrow))
        scalars = self.step(
            "scalar", lambda: [at(x, "float64") for x in self.points[: self.task["scalars"]]]
        )
        if (used := memory("VmHWM") - before) > MEMORY:
            self.fault("memory: more than 2 GiB", f"{used / 2**30:.1f} GiB", "less than 2 GiB")
        balls = [] if wide is None else judging.Ball.all_of(wide)
        for x, ball, scalar in zip(self.points, balls, scalars or (), strict=False):
            self.alike(x, ball, judging.Ball.all_of(scalar)[0], "scalar and array")
        zeros = np.flatnonzero(self.points == 0)[: len(balls)]
        for i in zeros[1:] if balls else ():
            self.alike(self.points[i], balls[zeros[0]], balls[i], "0 and −0")
        if single is not None and many is not None:
            pairs = zip(judging.Ball.all_of(single), judging.Ball.all_of(many), strict=True)
            for x, (ball, other) in zip(narrow, pairs, strict=True):
                if judging.contradict(ball, other):
                    self.fault("contradiction: ball and table", other, ball, float(x))
        if self.task["relations"] and wide is not None:
            self.relations(balls)
        with budget(self.task["truth_seconds"]):
            say(step="truth")
            began = processor_time()
            try:
                self.truth(balls, single, many, narrow, fast, kinks)
            except OutOfTime:
                self.count("truth out of time")
            except Exception:  # noqa: BLE001 - the checker's own failure is told too
                self.fault("the checker failed", traceback.format_exc()[-280:], "a judgement")
            finally:
                self.times["truth"] = processor_time() - began

    def compare(self, number: int, seed: int) -> None:
        """Hold so many certified values of the float32 table against the ball."""
        both = self.step("derive", lambda: derived(self.text, self.parameters))
        if both is None or "z" not in both[1]:
            return
        expression = self.step("closed form", lambda: both[0].valued(both[1]["z"]))
        if expression is None or not expression.free_symbols:
            return
        points = random_float32(number, seed)
        table = self.step("table", lambda: table_values(expression, points))
        if table is None:
            return
        points, table = points[table.certified], table[table.certified]
        ball = self.step("ball", lambda: enclosed_few(expression, points))
        if ball is None:
            return
        both_certified = ball.certified
        self.count("table values", len(points))
        self.count("table values compared", int(both_certified.sum()))
        for i in np.flatnonzero(both_certified & apart(table, ball)).tolist():
            self.fault("contradiction: ball and table", table[[i]], ball[[i]], float(points[i]))

    def narrow(self) -> np.ndarray:
        """The points as float32 has them."""
        with np.errstate(over="ignore", under="ignore"):
            return self.points.astype(np.float32).astype(np.float64)

    def alike(self, x: float, first: Any, second: Any, what: str) -> None:
        """Two enclosures of one number: they meet, and both are certified or neither is."""
        import judging

        from symdiff.oracle.enclosures.enclosure import Why

        if judging.contradict(first, second):
            self.fault(f"contradiction: {what}", second, first, float(x))
        elif first.certified != second.certified and Why.OUT_OF_BUDGET not in {
            first.why,
            second.why,
        }:
            self.fault(f"certified or not: {what}", second, first, float(x))

    def relations(self, balls: list[Any]) -> None:
        """A branch that is not taken has no influence; f(kz) has the derivative k f′(kz)."""
        import judging
        from formulas import scaled

        for name, text, chosen, moved, factor in self.related(scaled):
            both = self.step(name, lambda text=text: derived(text, self.parameters))
            if both is None or "z" not in both[1]:
                continue
            found = self.step(name, lambda a=both[1], m=moved: a.enclose(z=m)["z"])
            if found is None:
                continue
            others = judging.Ball.all_of(found)
            # What is too large to be written out goes line by line, and is not known at ties.
            written = written_out(both[1])
            for i, x, other in zip(chosen, moved.tolist(), others, strict=True):
                if name == "branch" and written:
                    self.alike(x, balls[i], other, f"f and {text.replace(self.text, 'f')}")
                elif judging.contradict(balls[i], other, factor):
                    self.fault("contradiction: rescaled", other, balls[i], x)

    def related(self, scaled: Callable[[str, str], str]) -> Iterator[tuple[Any, ...]]:
        """Each relation: name, formula, which points, the points for it, the factor."""
        threshold, other = self.task["relations"][:2]
        chosen = np.flatnonzero(np.isfinite(self.points) & (self.points > threshold))[:12]
        text = f"where(z > {threshold}, {self.text}, {other})"
        yield "branch", text, chosen, self.points[chosen], 1.0
        exponent = self.task["relations"][2]
        moved = self.points * 2.0**-exponent
        safe = np.isfinite(moved) & (moved * 2.0**exponent == self.points)
        chosen = np.flatnonzero(safe)[:12]
        factor = str(2**exponent) if exponent >= 0 else f"1/{2**-exponent}"
        yield "rescale", scaled(self.text, factor), chosen, moved[chosen], 2.0**exponent

    def truth(
        self, balls: list[Any], single: Any, many: Any, narrow: np.ndarray, fast: Any, kinks: Any
    ) -> None:
        """Hold everything against the independent derivative."""
        import judging
        from formulas import exact
        from independent import Independent

        if any(exact(v) is None for v in self.parameters.values()):
            return
        formula = Independent(self.text, self.parameters)
        known: dict[float, Any] = {}

        def truth(x: float) -> Any:
            if x not in known:
                known[x] = formula.derivative(x)
                self.count(f"truth {known[x].kind.value}")
            return known[x]

        sets = [(self.points, balls, "")]
        if single is not None:
            sets.append((narrow, judging.Ball.all_of(single), ", float32"))
        if many is not None:
            sets.append((narrow, judging.Ball.all_of(many), ", table"))
        for points, found, which in sets:
            pairs = sorted(zip(points.tolist(), found, strict=False), key=lambda p: np.isinf(p[0]))
            for x, ball in pairs:
                if np.isnan(x):
                    if ball.certified:
                        self.fault("false: at NaN", ball, "not certified", x)
                    continue
                if abs(x) == float("inf"):
                    fault = judging.judge_limit(ball, formula, 1 if x > 0 else -1)
                else:
                    fault = judging.judge(ball, truth(x))
                self.count("certified" if ball.certified else "not certified")
                if fault:
                    hole = fault.kind == "false: outside the domain" and judging.is_hole(formula, x)
                    kind = "false: in a hole" if hole else fault.kind
                    self.fault(kind + which, ball, fault.expected, x)
        if fast is not None:
            values = np.broadcast_to(np.asarray(fast, dtype=float), self.points.shape)
            for x, y in zip(self.points.tolist(), values.tolist(), strict=True):
                if abs(x) < float("inf") and (fault := judging.judge_plain(y, truth(x))):
                    self.fault(fault.kind, repr(y), fault.expected, x)
        if kinks is not None:
            self.kinks(formula, *kinks)

    def kinks(self, formula: Any, listed: list[Any], unresolved: list[Any]) -> None:
        """Hold the list of kinks against sampling, and each side against the derivative there."""
        import judging

        grid = sorted({Fraction(x) for x in self.task["grid"]})
        found = judging.kinks_by_sampling(formula, grid)
        self.count("kinks sampled", len(found))
        for x in judging.unlisted(found, [k[0] for k in listed], unresolved):
            self.fault("kink not found", [float(k[0]) for k in listed], x, x)
        for at, left, right in listed:
            for side, said in ((-1, left), (1, right)):
                if said is None and judging.open_beside(at, side, unresolved):
                    continue  # another border has its unknown zeros there, and so it is said
                if abs(at) < 10**30 and (expected := judging.side_fault(formula, at, side, said)):
                    name = "left" if side < 0 else "right"
                    self.fault(f"kink's {name} derivative", said, expected, float(at))


def say(**line: object) -> None:
    """One line out, at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve tasks until the input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.insert(0, str(Path(__file__).parent))
    import judging  # noqa: F401 - before the clock runs

    import symdiff

    warm = symdiff.adjoints(symdiff.pointwise(symdiff.activation("z*tanh(z)")))
    enclosed_many(warm, np.linspace(-1, 1, 5))
    warm.lambdify()(z=np.ones(3))
    say(ready=True)
    for line in sys.stdin:
        task = json.loads(line)
        run = Run(task)
        if "misbehave" in task:  # the checker's own test, which has the statement
            run.step("misbehave", lambda statement=task["misbehave"]: exec(statement))  # noqa: S102
        elif "compare" in task:
            run.compare(task["compare"], task["seed"])
        else:
            run.compute()
        say(done=run.counts, times=run.times)


if __name__ == "__main__":
    main()
