"""Write adjoints as plain torch code: to read, to paste into a backward, and to call.

The code is differentiable and runs in its tensors' own type on their own device. Nothing of it is
proven or computed again: it rounds as any torch code does. torch is imported when it is first run.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import Any

import numpy as np
from sympy import S, Symbol

from symdiff.bridge.torch_printer import TorchPrinter, number, operation_written
from symdiff.functions import UnspecifiedFunction
from symdiff.graph import Node, topological
from symdiff.graph.signature import Signature
from symdiff.programs.program import Program, program
from symdiff.programs.sharing import Entrywise


@dataclass(frozen=True, eq=False)
class TorchCode:
    """A function of a graph's inputs by keyword, returning the values of some nodes by name."""

    signature: Signature
    nodes: Mapping[str, Node]

    def __repr__(self) -> str:
        return f"<torch {self.signature} → {', '.join(self.nodes)}>"

    def __call__(self, **values: Any) -> dict[str, Any]:
        """Run the code: each value as a tensor, by name.

        Inputs are tensors of one floating-point type.

        Raises: TypeError if an input is missing, unknown or no tensor.
        """
        self.signature.require(values)
        found: dict[str, Any] = self._function(**values)
        if self.signature.pointwise:  # a constant derivative is one at every point
            shapes = [values[name].shape for name in self.signature.inputs]
            whole = np.broadcast_shapes(*shapes)
            found = {name: value.expand(whole) for name, value in found.items()}
        return found

    @cached_property
    def source(self) -> str:
        """The function as Python code."""
        made, names = self._program, self._names
        lengths = {s for name, s in made.arguments.items() if name not in self._given}
        parameters = {s for name, s in made.arguments.items() if name in self.signature.parameters}
        printer = TorchPrinter(names, self._like, lengths, parameters)
        lines = [
            f"{names[symbol]} = "
            + (
                printer.written(what.expression)
                if isinstance(what, Entrywise)
                else operation_written(what, names)
            )
            for symbol, what in made.steps
        ]
        results = ", ".join(f'"{name}": {names[s]}' for name, s in made.results.items())
        body = [*self._lengths(), *lines, f"return {{{results}}}"]
        head = f"def adjoints({', '.join(self._parameters())}):"
        return "\n".join(["import torch", "", "", head, *(f"    {line}" for line in body), ""])

    def __post_init__(self) -> None:
        for node in topological(self.nodes.values(), computed=True):
            for f in getattr(node, "expr", S.Zero).atoms(UnspecifiedFunction):
                raise TypeError(
                    f"{type(f).__name__} was left symbolic and has no value; give it a formula"
                )
        _ = self.source  # what torch has no line for is told at once

    @cached_property
    def _program(self) -> Program:
        return program(self.nodes)

    @cached_property
    def _like(self) -> str:
        """An input, whose type and device a constant takes."""
        name = next(iter(self.signature.inputs))
        return self._names.get(self._program.arguments.get(name), name)

    @cached_property
    def _names(self) -> dict[Symbol, str]:
        """Inputs keep their names, z̄ is z_bar, and what lies between is v1, v2 and so on."""
        made = self._program
        names: dict[Symbol, str] = {}
        taken = {"torch", *keyword.kwlist}
        for names_of, form in ((made.arguments, "{}"), (made.results, "{}_bar")):
            for name, symbol in names_of.items():
                if symbol not in names:
                    names[symbol] = _free(form.format(name), taken)
        for symbol, _ in made.steps:
            if symbol not in names:
                names[symbol] = _free("v", taken, numbered=True)
        return names

    def _parameters(self) -> list[str]:
        """The function's parameters: inputs, then parameters with their values."""
        names = {k: self._names.get(self._program.arguments.get(k), k) for k in self._given}
        fixed = self.signature.parameters
        return [f"{n}={number(fixed[k])}" if k in fixed else n for k, n in names.items()]

    @property
    def _given(self) -> list[str]:
        return [*self.signature.inputs, *self.signature.parameters]

    def _lengths(self) -> list[str]:
        """A line for each length of an axis that is used."""
        lines = []
        for name, symbol in self._program.arguments.items():
            if name in self._given:
                continue
            known = self.signature.lengths.get(name)
            where = next((i for i, axes in self.signature.inputs.items() if name in axes), None)
            length = str(known)
            if known is None and where is not None:
                of = self._names.get(self._program.arguments.get(where), where)
                length = f"{of}.shape[{self.signature.inputs[where].index(name)}]"
            lines.append(f"{self._names[symbol]} = {length}")
        return lines

    @cached_property
    def _function(self) -> Callable[..., Any]:
        space: dict[str, Any] = {}
        exec(self.source, space)  # noqa: S102 - the line above wrote it, every name in it checked
        made: Callable[..., Any] = space["adjoints"]
        return made


def _free(wanted: str, taken: set[str], *, numbered: bool = False) -> str:
    """A Python name like the wanted one that nothing has yet, and which is then taken."""
    base = wanted if wanted.isidentifier() else "u"
    tries = (f"{base}{i}" for i in count(1))
    name = next(n for n in (tries if numbered else chain([base], tries)) if n not in taken)
    taken.add(name)
    return name
