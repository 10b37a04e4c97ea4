"""A user's own code on the command line: `package.module:function` with its arguments as text."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from comparisons.cli.arguments import Decorator

_TARGET = re.compile(r"(?P<file>[^:]+\.py|[A-Za-z_][\w.]*):(?P<path>[A-Za-z_][\w.]*)")
_INPUT = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*(?P<sign>[:=])\s*(?P<rest>.*)")
_RANGE = re.compile(r"(?P<low>[-+\d.e]+?)\.\.(?P<high>[-+\d.e]+)")
_TYPES = ("float64", "float32", "bfloat16", "float16", "int64", "int32", "int", "bool")
_EXPECTED = (
    'expected NAME: LENGTHS [TYPE] [LOW..HIGH], such as "x: 4 8" or "target: 4 int 0..9", '
    'or NAME=VALUE, such as "dim=-1"'
)

inputs = click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME:SHAPE",
    help='An argument of your own code: "x: 4 8", "target: 4 int 0..9", "dim=-1"; may be repeated.',
)
reference = click.option(
    "--reference",
    metavar="MODULE:FUNCTION",
    help="Plain torch code of the same arguments, whose derivative is right.",
)
order = click.option(
    "--order",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="2 for the gradient of your own code's gradient.",
)


def of_own_code(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that a call of the user's own code takes."""
    decorators: Sequence[Decorator] = (inputs, reference, order)
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


@dataclass(frozen=True)
class OwnCall:
    """The user's function with the arguments that it is called with."""

    function: Any
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]


def is_own_code(text: str) -> bool:
    """Whether a text names code, as `package.module:function` and `path/to/file.py:function` do."""
    return _TARGET.fullmatch(text) is not None


def own_call(text: str, given: Sequence[str], settings: Mapping[str, str]) -> OwnCall:
    """The function that the text names, with the arguments that the options say.

    Args: given, each argument as text; settings, of a class what it is made with, of a function
        further arguments by name.
    Raises: ValueError, one sentence, if there is no such code or it takes other arguments.
    """
    from comparisons.capture.running.code import by_name

    function, values = own_code(text), {k: _value(v) for k, v in settings.items()}
    arguments = dict(_argument(one) for one in given)
    if isinstance(function, type):
        function = _made(text, function, values)
    else:
        arguments |= values
    if not arguments:
        raise ValueError(
            f'{text} needs its arguments; give each by --input, as in --input "x: 4 8"'
        )
    return OwnCall(function, *by_name(function, arguments))


def own_code(text: str) -> Any:
    """The function that the text names; of an `autograd.Function` its `apply`.

    Raises: ValueError or TypeError, one sentence, if there is no such module, or no function of
        that name in it.
    """
    match = _TARGET.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} names no code; expected package.module:function or file.py:function"
        )
    module = _module(match["file"])
    found: Any = module
    for part in match["path"].split("."):
        found = getattr(found, part, None)
        if found is None:
            names = [n for n, v in vars(module).items() if callable(v) and n[0] != "_"]
            known = ", ".join(names) or "nothing"
            raise ValueError(f"there is no {match['path']} in {match['file']}; it has {known}")
    if not callable(found):
        kind = type(found).__name__
        raise TypeError(f"{text} is of type {kind}; a function or a module is expected")
    from torch.autograd import Function

    return found.apply if isinstance(found, type) and issubclass(found, Function) else found


def _module(text: str) -> Any:
    """The module of a dotted name or a file; the working directory counts as a place to look."""
    if not text.endswith(".py"):
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        try:
            return importlib.import_module(text)
        except ModuleNotFoundError as error:
            raise ValueError(
                f"there is no module {error.name}; a file is given as file.py:name"
            ) from None
    path = Path(text).resolve()
    if not path.is_file():
        raise ValueError(f"there is no file {text}")
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None  # noqa: S101 - a .py file has one
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _made(text: str, kind: type, values: Mapping[str, Any]) -> Any:
    """An object of a class, its random parameters the same each time."""
    import torch

    from comparisons.inputs.values import SEED

    torch.manual_seed(SEED)
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{text} cannot be made: {error}; give what it needs by --set") from None


def _argument(text: str) -> tuple[str, Any]:
    """An argument's name and value."""
    match = _INPUT.fullmatch(text)
    if match is None:
        raise ValueError(f"--input {text!r} cannot be read; {_EXPECTED}")
    if match["sign"] == "=":
        return match["name"], _value(match["rest"].strip())
    return match["name"], _tensor(text, match["name"], match["rest"].split())


def _tensor(text: str, name: str, words: Sequence[str]) -> Any:
    """A tensor drawn at random, the same each time: normal, or uniform over a range."""
    import torch

    shape, kind, span = [], "float64", None
    for word in words:
        if word.isdigit():
            shape.append(int(word))
        elif word in _TYPES:
            kind = "int64" if word == "int" else word
        elif match := _RANGE.fullmatch(word):
            span = _bound(text, match["low"]), _bound(text, match["high"])
        else:
            raise ValueError(f"--input {text!r} has {word!r}; {_EXPECTED}")
    from comparisons.inputs.values import SEED

    draw = torch.Generator().manual_seed(SEED + sum(map(ord, name)))
    dtype: torch.dtype = getattr(torch, kind)
    if kind == "bool":
        return torch.rand(shape, generator=draw) < 0.5
    if kind.startswith("int"):
        first, last = map(int, span or (0, 1))
        return torch.randint(first, last + 1, shape, generator=draw, dtype=dtype)
    if span is None:
        return torch.randn(shape, generator=draw, dtype=torch.float64).to(dtype)
    low, high = span
    return (low + (high - low) * torch.rand(shape, generator=draw, dtype=torch.float64)).to(dtype)


def _bound(text: str, number: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise ValueError(f"--input {text!r} has no number {number!r}; {_EXPECTED}") from None


def _value(text: str) -> Any:
    """A Python number, tuple or text; true, false and none in any case."""
    known = {"true": True, "false": False, "none": None}
    if text.lower() in known:
        return known[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
