"""A job is one thing to measure for a report, called after all refusals are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.results.engine_table import EngineTable
from comparisons.results.result import Result
from comparisons.subjects.catalogue.layers import LAYERS
from comparisons.subjects.catalogue.losses import LOSSES
from comparisons.subjects.catalogue.torch_calls import TORCH_CALLS, comparable
from comparisons.subjects.catalogue.tutorial import linear_layer, neuron, vector_jacobian_product
from comparisons.subjects.functions import from_catalogue
from comparisons.subjects.subject import Subject
from comparisons.verbs import compare, compare_engines


@dataclass(frozen=True)
class Job:
    """A job is the name of what is measured, and the call that measures it."""

    name: str
    ask: Callable[[], Result | EngineTable]
    aloud: bool = False  # whether the result is worth words of its own, whatever its verdict


def comparison(subject: Subject, dtype: str, **options: Any) -> Job:
    """The job that compares one subject in one type in one engine."""
    return Job(f"{subject}, {dtype}", partial(compare, subject, dtype=dtype, **options))


def engine_comparison(subject: Subject, dtype: str, **options: Any) -> Job:
    """The job that compares one subject in one type in several engines."""
    return Job(f"{subject}, {dtype}", partial(compare_engines, subject, dtype=dtype, **options))


_WAYS = ("reverse", "jvp", "compiled", "strided", "single")
_DIFFER = (  # functions whose gradient depends on the way
    ("gelu", "float64"),
    ("gelu", "float32"),
    ("silu", "float32"),
    ("silu", "bfloat16"),
    ("tanh", "float32"),
    ("mish", "float32"),
    ("mish", "bfloat16"),
    ("elu", "float32"),
)


def catalogue() -> list[Job]:
    """The jobs of the project's report: every function, layer, loss and type, the tutorial."""
    return [*_functions(), *_arrays(), *_tutorial(), *_engines()]


def _functions() -> Iterator[Job]:
    for definition in comparable():
        # All 2¹⁶ values of torch's own; of code written out the structured points tell enough.
        points = None if definition.name in TORCH_CALLS else "structured"
        subject = from_catalogue(definition)
        for dtype in FLOAT_TYPES:
            yield comparison(subject, dtype, points=points)


def _arrays() -> Iterator[Job]:
    for code in (*LAYERS.values(), *LOSSES.values()):
        subject = code.subject()
        for dtype in FLOAT_TYPES:
            yield comparison(subject, dtype)


def _tutorial() -> Iterator[Job]:
    neurons = [
        neuron(definition)
        for definition in symdiff.activations.values()
        if definition.source.startswith("torch.nn.")
    ]
    layers = [linear_layer(), linear_layer(batched=True), linear_layer(cut="detach()")]
    for subject in (*neurons, *layers, vector_jacobian_product()):
        for dtype in ("float64", "float32"):
            yield comparison(subject, dtype)


def _engines() -> Iterator[Job]:
    for name, dtype in _DIFFER:
        points = None if FLOAT_TYPES[dtype].bits == 16 else "structured"
        subject = from_catalogue(symdiff.activations[name])
        yield engine_comparison(subject, dtype, engines=_WAYS, points=points)
