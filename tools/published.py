"""What a check says of hand-written backwards that others published; written as docs/published.md.

Those of the packages that are installed are asked, the others are named as missing. Each surrogate
gradient is asked twice: bare, where it is recognised as one, and by the formula that its docstring
states.

python -m tools.published docs/published.md [package …]
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from math import pi, sqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import comparisons

Function = Callable[..., Any]
# Usual inputs, and some so large that an exponential of them over- or underflows.
POINTS = (-40.0, -15.0, -4.0, -1.5, -0.7, -0.3, -0.1, 0.1, 0.3, 0.7, 1.5, 4.0, 15.0, 40.0)
HEAD = """# Hand-written backwards of published code

What `comparisons.check` says of backwards that others wrote by hand in plain torch. A surrogate
gradient is no error: it is recognised as one, and then judged with `gradient=` by the formula that
its docstring states. *As documented* means: accurate in float64 and float32 at the inputs shown
here, which reach from -40 to 40 and leave out the points where the formula jumps. This page is made
by `python -m tools.published docs/published.md` from what is installed.
"""


@dataclass(frozen=True)
class Trial:
    """One published function, and what it is asked."""

    name: str
    function: Function
    given: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)  # of the second question
    asked: str = "as it stands"
    surrogate: bool = False
    types: tuple[str, ...] = ("float64", "float32")


def at(dtype: torch.dtype = torch.float64) -> Tensor:
    """The points that functions of one variable are judged at."""
    return torch.tensor(POINTS, dtype=dtype)


def drawn(*shape: int) -> Tensor:
    """Seeded normal numbers."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def surrogate(name: str, function: Function, formula: Function, text: str) -> Trial:
    """A step with a surrogate gradient, beside the formula of its docstring."""
    return Trial(
        name, function, (at(),), {"gradient": formula}, f"gradient= {text}", surrogate=True
    )


def where(condition: Tensor, value: Any, otherwise: Any) -> Tensor:
    """`torch.where` in float64, of numbers too."""
    first = torch.as_tensor(value, dtype=torch.float64)
    return first.where(condition, torch.as_tensor(otherwise, dtype=torch.float64))


def snntorch() -> Iterator[Trial]:
    """Surrogate gradients of spikes."""
    s = import_module("snntorch.surrogate")
    quantised = import_module("snntorch.functional.quant").state_quant(num_bits=4)

    def fast(x: Tensor) -> Tensor:
        return 1 / (1 + 25 * x.abs()) ** 2

    def leaky(x: Tensor) -> Tensor:
        return where(x >= 0, 1, 0.1)

    def logistic(x: Tensor) -> Tensor:
        return 25 * torch.exp(-25 * x) / (torch.exp(-25 * x) + 1) ** 2

    def arctan(x: Tensor) -> Tensor:
        return 1 / pi / (1 + (pi * x) ** 2)

    yield surrogate(
        "straight_through_estimator()", s.straight_through_estimator(), torch.ones_like, "1"
    )
    yield surrogate(
        "triangular(1)", s.triangular(1), lambda x: where(x < 0, 1, -1), "1 if U < 0, else -1"
    )
    yield surrogate("fast_sigmoid(25)", s.fast_sigmoid(25), fast, "1/(1 + 25 abs(U))²")
    yield surrogate("atan(2)", s.atan(2.0), arctan, "(1/π)/(1 + (πU)²)")
    yield surrogate(
        "heaviside()", s.heaviside(), lambda x: where(x >= 0, 1, 0), "1 if U ≥ 0, else 0"
    )
    yield surrogate("sigmoid(25)", s.sigmoid(25), logistic, "25 e^(-25U)/(e^(-25U) + 1)²")
    yield surrogate(
        "spike_rate_escape(1, 25)",
        s.spike_rate_escape(1, 25),
        lambda x: 25 * torch.exp(-(x - 1).abs()),
        "25 e^(-abs(U - 1))",
    )
    yield surrogate("LSO(0.1)", s.LSO(0.1), leaky, "1 if U ≥ 0, else 0.1")
    yield surrogate(
        "LeakySpikeOperator",
        lambda x: s.LeakySpikeOperator.apply(x, 0.1),
        leaky,
        "1 if U ≥ 0, else 0.1",
    )
    yield surrogate(
        "SFS(25, 1)",
        s.SFS(25, 1),
        lambda x: where(x > 1, fast(x), 0),
        "1/(1 + 25 abs(U))² if U > 1, else 0",
    )
    yield surrogate("quant.state_quant(4)", quantised, torch.ones_like, "1 (straight through)")


def spikingjelly() -> Iterator[Trial]:
    """Surrogate gradients of spikes, and the functions that they are said to be derivatives of."""
    s = import_module("spikingjelly.activation_based.surrogate")
    logistic = torch.sigmoid

    def below(x: Tensor) -> Tensor:
        return 4 * (1 - logistic(4 * x)) * logistic(4 * x)

    formulas: dict[str, tuple[Function, str]] = {
        "PiecewiseQuadratic": (
            lambda x: where(x.abs() > 1, 0, 1 - x.abs()),
            "1 - abs(x) if abs(x) ≤ 1, else 0",
        ),
        "PiecewiseExp": (lambda x: torch.exp(-x.abs()) / 2, "½ e^(-abs(x))"),
        "Sigmoid": (below, "4 σ(4x) (1 - σ(4x))"),
        "SoftSign": (lambda x: 1 / (1 + (2 * x).abs()) ** 2, "1/(1 + abs(2x))²"),
        "SuperSpike": (lambda x: 1 / (1 + x.abs()) ** 2, "1/(1 + abs(x))²"),
        "ATan": (lambda x: 1 / (1 + (pi * x) ** 2), "1/(1 + (πx)²)"),
        "NonzeroSignLogAbs": (lambda x: 1 / (1 + x.abs()), "1/(1 + abs(x))"),
        "Erf": (lambda x: 2 / sqrt(pi) * torch.exp(-4 * x * x), "2/√π e^(-4x²)"),
        "PiecewiseLeakyReLU": (
            lambda x: where(x.abs() <= 1, 0.5, 0.01),
            "½ if abs(x) ≤ 1, else 0.01",
        ),
        "SquarewaveFourierSeries": (lambda x: torch.cos(pi / 4 * x) / 2, "½ cos(πx/4)"),
        "S2NN": (
            lambda x: where(x < 0, below(x), 1 / (x + 1)),
            "4 σ(4x) (1 - σ(4x)) if x < 0, else 1/(x + 1)",
        ),
        "QPseudoSpike": (lambda x: (1 + 2 * x.abs()) ** -2, "1/(1 + 2 abs(x))²"),
        "LeakyKReLU": (lambda x: where(x >= 0, 1, 0), "1 if x ≥ 0, else 0"),
        "FakeNumericalGradient": (
            lambda x: torch.clamp_max(torch.sign(x) / x, 0.3),
            "min(sign(x)/x, 0.3)",
        ),
        "LogTailedReLU": (
            lambda x: where(x <= 0, 0, where(x <= 1, 1, 1 / x)),
            "0 if x ≤ 0, 1 if x ≤ 1, else 1/x",
        ),
        "DeterministicPass": (torch.ones_like, "1"),
        "Rect": (lambda x: where(x.abs() < 0.5, 1, 0), "1 if abs(x) < ½, else 0"),
    }
    without = ("SuperSpike", "FakeNumericalGradient", "DeterministicPass")
    for name, (formula, text) in formulas.items():
        made = getattr(s, name)
        yield surrogate(f"{name}()", made(), formula, text)
        if name not in without:
            primitive, options = made(spiking=False), {"gradient": formula}
            asked = "gradient= the formula above"
            yield Trial(
                f"{name}(spiking=False)", primitive, (at(),), options, asked, types=("float64",)
            )


def liger_kernel() -> Iterator[Trial]:
    """The chunked losses, whose gradient is computed in the forward."""
    f = import_module("liger_kernel.chunked_loss.functional")
    weight, bias, ref_weight = drawn(6, 4) / 2, drawn(6) / 2, drawn(6, 4) / 3
    x, ref_input = drawn(4, 3, 4), drawn(4, 3, 4) / 3
    target = torch.tensor([[1, 2, 5], [0, 3, 1], [2, 2, -100], [4, 1, -100]])
    liked = torch.tensor([True, False, True, False])
    against = {"ref_input": ref_input, "ref_weight": ref_weight}

    def loss(function: Any, **fixed: Any) -> Function:
        names = [
            p
            for p in inspect.signature(function.forward).parameters.values()
            if p.name not in ("cls", "ctx")
        ]

        def called(x: Tensor, weight: Tensor, bias: Tensor) -> Any:
            known = {
                "_input": x,
                "weight": weight,
                "bias": bias,
                "target": target,
                "compiled": False,
                **fixed,
            }
            return function.apply(*(known.get(p.name, p.default) for p in names))[0]

        return called

    def distilled(function: Any) -> Function:
        labels = torch.tensor([1, 5, 2, 0])

        def called(x: Tensor, weight: Tensor, bias: Tensor) -> Any:
            teacher = (ref_input[:, 0], ref_weight)
            tail = (None, 0.5, 0.5, 0.5, -100, 1.0, False, 2)
            return function.apply(x, weight, *teacher, labels, bias, *tail)

        return called

    for kind, fixed in (
        ("CPO", {}),
        ("ORPO", {}),
        ("SimPO", {}),
        ("DPO", against),
        ("KTO", {**against, "preference_labels": liked}),
    ):
        function = getattr(f, f"LigerFusedLinear{kind}Function")
        yield Trial(
            f"LigerFusedLinear{kind}",
            loss(function, **fixed),
            (x, weight, bias),
            types=("float64",),
        )
    for kind in ("JSD", "CosineSimilarity"):
        function = getattr(f, f"LigerFusedLinear{kind}Function")
        yield Trial(
            f"LigerFusedLinear{kind}",
            distilled(function),
            (x[:, 0], weight, bias),
            types=("float64",),
        )


def entmax() -> Iterator[Trial]:
    """Sparse softmaxes: by sorting as they stand, by bisection beside those."""
    e = import_module("entmax")
    x = drawn(3, 5)
    yield Trial("sparsemax", e.sparsemax, (x,), types=("float64",))
    yield Trial("entmax15", e.entmax15, (x,), types=("float64",))
    options = {"reference": e.sparsemax}
    yield Trial(
        "sparsemax_bisect",
        e.sparsemax_bisect,
        (x,),
        options,
        "reference= sparsemax",
        types=("float64",),
    )
    options = {"reference": e.entmax15}
    yield Trial(
        "entmax_bisect", e.entmax_bisect, (x,), options, "reference= entmax15", types=("float64",)
    )


def brevitas() -> Iterator[Trial]:
    """Straight-through estimators of quantisers."""
    b = import_module("brevitas.ops.autograd_ste_ops")
    straight = {"gradient": torch.ones_like}
    for name in ("Round", "Floor", "Ceil", "RoundToZero", "DPURound", "BinarySign", "TernarySign"):
        yield Trial(
            f"{name}SteFn",
            getattr(b, f"{name}SteFn").apply,
            (at() + 0.05,),
            straight,
            "gradient= 1 (straight through)",
            surrogate=True,
        )
    yield Trial(
        "ScalarClampSteFn(-1, 1)",
        lambda x: b.ScalarClampSteFn.apply(x, -1.0, 1.0),
        (at(),),
        straight,
        "gradient= 1 (straight through)",
    )
    yield Trial("AbsBinarySignGradFn", b.AbsBinarySignGradFn.apply, (at(),))


def norse() -> Iterator[Trial]:
    """Surrogate gradients of spikes."""
    n = import_module("norse.torch.functional.threshold")
    spike = import_module("norse.torch.functional.superspike").SuperSpike

    def steep(function: Any, k: float) -> Function:
        return lambda x: function.apply(x, torch.tensor(k, dtype=x.dtype))

    yield surrogate(
        "HeaviErfc(2)",
        steep(n.HeaviErfc, 2.0),
        lambda x: 2 / sqrt(pi) * torch.exp(-4 * x * x),
        "2/√π e^(-4x²)",
    )
    yield surrogate(
        "HeaviTanh(2)",
        steep(n.HeaviTanh, 2.0),
        lambda x: 1 / torch.cosh(2 * x) ** 2,
        "1/cosh²(2x)",
    )
    yield surrogate(
        "SuperSpike(100)",
        steep(spike, 100.0),
        lambda x: 1 / (1 + 100 * x.abs()) ** 2,
        "1/(1 + 100 abs(x))²",
    )


def pytorch_revgrad() -> Iterator[Trial]:
    """The gradient reversed, for adversarial training."""
    r = import_module("pytorch_revgrad.functional").revgrad
    options = {"gradient": lambda x: -torch.ones_like(x)}
    yield Trial(
        "revgrad(1)",
        lambda x: r(x, torch.ones((), dtype=x.dtype)),
        (at(),),
        options,
        "gradient= -1",
    )


def gpytorch() -> Iterator[Trial]:
    """Covariances whose gradient is computed in the forward, and log Φ in pieces."""
    g = import_module("gpytorch.functions")
    kernels = import_module("gpytorch.kernels.kernel")
    normal = import_module("gpytorch.functions._log_normal_cdf").LogNormalCDF
    a, b, length = drawn(4, 2), drawn(3, 2) / 2, torch.full((1, 1), 0.7, dtype=torch.float64)
    yield Trial(
        "RBFCovariance",
        lambda length: g.RBFCovariance.apply(
            a.to(length.dtype), b.to(length.dtype), length, kernels.sq_dist
        ),
        (length,),
    )
    for nu in (0.5, 1.5, 2.5):
        yield Trial(
            f"MaternCovariance({nu})",
            lambda length, nu=nu: g.MaternCovariance.apply(
                a.to(length.dtype), b.to(length.dtype), length, nu, kernels.dist
            ),
            (length,),
        )
    places = torch.tensor([-8.0, -3.0, -1.5, -0.7, -0.1, 0.05, 0.5, 2.0, 5.0], dtype=torch.float64)
    yield Trial("LogNormalCDF", normal.apply, (places,), types=("float64",))
    yield Trial(
        "LogNormalCDF",
        normal.apply,
        (places,),
        {"reference": torch.special.log_ndtr},
        "reference= log_ndtr",
        types=("float64",),
    )


def memcnn() -> Iterator[Trial]:
    """A reversible block that frees its storages on the way."""
    block = import_module("memcnn.models.additive").AdditiveBlockFunction
    f, g = (torch.nn.Linear(3, 3).double() for _ in range(2))
    for layer, seed in ((f, 1), (g, 2)):
        draw = torch.Generator().manual_seed(seed)
        for p in layer.parameters():
            p.data = torch.randn(p.shape, dtype=torch.float64, generator=draw) / 2
    yield Trial(
        "AdditiveBlockFunction",
        lambda x: block.apply(x, f, g, *f.parameters(), *g.parameters()),
        (drawn(2, 6),),
        types=("float64",),
    )


PACKAGES: dict[str, Callable[[], Iterator[Trial]]] = {
    "snntorch": snntorch,
    "spikingjelly": spikingjelly,
    "liger-kernel": liger_kernel,
    "entmax": entmax,
    "brevitas": brevitas,
    "norse": norse,
    "pytorch-revgrad": pytorch_revgrad,
    "gpytorch": gpytorch,
    "memcnn": memcnn,
}


def found(trial: Trial) -> str:
    """What the check says, in a few words."""
    said = []
    if trial.surrogate:
        said.append(_said(trial, "float64", {}))
    for dtype in trial.types:
        what = _said(trial, dtype, trial.options)
        said.append(f"{dtype}: {what}" if len(trial.types) > 1 else what)
    if len(said) > 1 and len({s.partition(": ")[2] for s in said[-len(trial.types) :]}) == 1:
        said[-len(trial.types) :] = [said[-1].partition(": ")[2]]
    return "; ".join(dict.fromkeys(said))


def _said(trial: Trial, dtype: str, options: dict[str, Any]) -> str:
    """One answer; a mismatch of the second derivative is told from one of the first."""
    try:
        comparisons.check(trial.function, *trial.given, dtype=dtype, **options)
    except comparisons.GradientMismatch as error:
        result, text = error.comparison, str(error)
        if not options and "is locally constant" in text:
            return "a surrogate"
        if str(getattr(result, "subject", "")).startswith("the gradient of"):
            said = text.partition("\n")[0].rpartition(": ")[2].rpartition("reverse: ")[2]
            missing = "is missing, and no error says so"
            how = missing if "(None)" in said else f"**differs**: {said}"
            return f"right; its second derivative {how}"
        worst = result.worst
        if worst is None:
            return text.partition("\n")[0].partition(": ")[2] or text.partition("\n")[0]
        ratio = f", {worst.computed / worst.truth:.7g} times it" if worst.truth else ""
        line = text.partition("\n")[0].rpartition(": ")[2]
        return f"**differs**: {line}; {worst.computed:.7g} for {worst.truth:.7g}{ratio}"
    except Exception as error:  # noqa: BLE001 - whatever published code raises is what is told
        return f"**raises** {type(error).__name__}: {str(error).splitlines()[0]}"
    return "as documented" if options.get("gradient") else "right"


def table(trials: Iterator[Trial]) -> str:
    """One line a function."""
    rows = ["| function | asked | found |", "|---|---|---|"]
    rows += [f"| `{t.name}` | {t.asked} | {found(t)} |" for t in trials]
    return "\n".join(rows)


def page(before: str, chosen: Sequence[str]) -> str:
    """The whole page.

    Args: before, the page as it was; chosen, whose tables are made anew, the others as they were.
    """
    kept = {s.split()[1]: s for s in re.split(r"(?m)^(?=## )", before) if s.startswith("## ")}
    parts = [HEAD]
    for name, trials in PACKAGES.items():
        if chosen and name not in chosen and name in kept:
            parts.append(kept[name].rstrip("\n") + "\n")
            continue
        try:
            parts.append(f"## {name} {version(name)}\n\n{table(trials())}\n")
        except PackageNotFoundError:
            parts.append(f"## {name}\n\nNot installed where this page was made.\n")
    return "\n".join(parts)


def main() -> None:
    """Write the page to the path that is given, what follows its tables kept.

    Packages named behind it alone are asked anew.
    """
    path, *chosen = sys.argv[1:]
    mark = "\n## By hand\n"
    target = Path(path)
    tables, *by_hand = (target.read_text(encoding="utf-8") if target.exists() else "").partition(
        mark
    )
    target.write_text(page(tables, chosen) + "".join(by_hand), encoding="utf-8")


if __name__ == "__main__":
    main()
