"""Makes a formula with a fault as short as the same fault allows."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

from fuzz_pool import Finding, Tally, Worker

_TRIALS = 150


def shrunk(found: Finding, job: dict[str, Any], worker: Worker, trials: int = _TRIALS) -> Finding:
    """The shortest formula found that has a fault of the same class, by leaving parts out.

    Args: job, the task in which the fault was seen; trials, how many formulas are tried at most.
    """
    best, going = found, True
    job = {**job, "only": ["derive", *_steps(found.kind)], "table": True}
    while going:
        going = False
        for text in shorter(best.text):
            trials -= 1
            if trials < 0:
                return best
            used = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
            if "z" not in used:
                continue
            parameters = {k: v for k, v in found.parameters.items() if k in used}
            tally = Tally()
            worker.run({**job, "text": text, "parameters": parameters}, tally)
            same = [f for f in tally.findings if f.kind == found.kind]
            if same:
                best, going = same[0], True
                break
    return best


def _steps(kind: str) -> list[str]:
    """The steps in which a fault of a class shows."""
    if " in " in kind.split(":", maxsplit=1)[0]:
        return [kind.split(":", maxsplit=1)[0].split(" in ")[1]]
    if "kink" in kind and "false" not in kind:
        return ["kinks"]
    if kind == "bridge":
        return ["lambdify"]
    if "table" in kind:
        return ["table", "enclose float32"] if "ball" in kind else ["table"]
    if "float32" in kind:
        return ["enclose float32"]
    return ["enclose float64", "scalar", "branch", "rescale"]


def shorter(text: str) -> Iterator[str]:
    """Formulas with one part replaced by a part of it, by z or by 1; the shortest first."""
    tree = ast.parse(text.translate(str.maketrans({"−": "-", "·": "*", "×": "*"})), mode="eval")
    found = set()
    for number, node in enumerate(_expressions(tree)):
        parts = [n for n in ast.walk(node) if isinstance(n, ast.expr) and n is not node]
        numbers = (ast.Name("z"), ast.Constant(1))
        for part in [*parts, *numbers]:
            if isinstance(part, ast.Compare | ast.BoolOp) or isinstance(
                node, ast.Compare | ast.BoolOp
            ):
                continue
            changed = copy.deepcopy(tree)
            target = _expressions(changed)[number]
            written = ast.unparse(_replaced(changed, target, part))
            if len(written) < len(ast.unparse(tree)):
                found.add(written)
    yield from sorted(found, key=lambda t: (len(t), t))


def _expressions(tree: ast.Expression) -> list[ast.expr]:
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return [n for n in ast.walk(tree) if isinstance(n, ast.expr) and id(n) not in called]


def _replaced(tree: ast.AST, target: ast.AST, part: ast.expr) -> ast.AST:
    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return part if node is target else self.generic_visit(node)

    return Put().visit(tree)
