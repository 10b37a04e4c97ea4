"""Digest all that a user's function depends on: equal in every process, different if it changes.

`Origin.identity` tells two functions of one report apart. What was swept yesterday may be counted
today only if the function is still the same, so this one follows the globals, the functions that
are called, the numbers and tensors held. Of installed libraries it has names only.
"""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

_PLAIN = (int, float, complex, str, bytes, type(None), type(Ellipsis))  # bool is an int
_LIBRARIES = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")
)
_BY_THE_INTERPRETER = frozenset(
    ("__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__firstlineno__")
)


def digest(thing: Any) -> str:
    """Sixteen hexadecimal digits of what a function or a torch module depends on."""
    found = hashlib.blake2b(digest_size=8)
    for part in _parts(thing, {}):
        found.update(part.encode(errors="surrogatepass") + b"\0")
    return found.hexdigest()


def _parts(thing: Any, seen: dict[int, Any]) -> Iterator[str]:
    """The text of everything in it; what was met before is a number, cycles among it."""
    yield type(thing).__name__
    if isinstance(thing, _PLAIN):
        yield repr(thing)
    elif isinstance(thing, CodeType):
        yield repr((thing.co_code, thing.co_names, thing.co_varnames, thing.co_freevars))
        for constant in thing.co_consts:
            yield from _parts(constant, seen)
    elif isinstance(thing, tuple):  # equal ones are one object in some processes only
        for part in thing:
            yield from _parts(part, seen)
    elif isinstance(thing, set | frozenset):
        yield from sorted(map(repr, thing))
    elif id(thing) in seen:
        yield str(list(seen).index(id(thing)))
    else:
        seen[id(thing)] = thing  # kept, so that nothing else has its id
        yield from _of_object(thing, seen)


def _of_object(thing: Any, seen: dict[int, Any]) -> Iterator[str]:
    if isinstance(thing, Mapping):
        for key, part in thing.items():
            yield repr(key)
            yield from _parts(part, seen)
    elif isinstance(thing, list):
        yield from _parts(tuple(thing), seen)
    elif isinstance(thing, ModuleType):
        yield thing.__name__
    elif isinstance(thing, FunctionType):
        yield from _of_function(thing, seen)
    elif isinstance(thing, MethodType):
        yield from _parts((thing.__func__, thing.__self__), seen)
    elif isinstance(thing, partial):
        yield from _parts((thing.func, thing.args, thing.keywords), seen)
    elif isinstance(thing, type):
        for kind in thing.__mro__:
            yield kind.__qualname__
            if not _of_library(kind):
                own = {k: v for k, v in vars(kind).items() if k not in _BY_THE_INTERPRETER}
                yield from _parts(own, seen)
    elif isinstance(thing, staticmethod | classmethod):
        yield from _parts(thing.__func__, seen)
    elif isinstance(thing, property):
        yield from _parts((thing.fget, thing.fset), seen)
    elif hasattr(thing, "detach") and hasattr(thing, "cpu"):
        values = thing.detach().cpu().contiguous()
        yield f"{values.dtype} {tuple(values.shape)}"
        yield repr(values.flatten().tolist())
    elif hasattr(thing, "tobytes") and hasattr(thing, "dtype"):
        yield f"{thing.dtype} {getattr(thing, 'shape', ())}"
        yield thing.tobytes().hex()
    elif _of_library(type(thing)) and not hasattr(thing, "forward"):
        shown = repr(thing)
        yield getattr(thing, "__qualname__", "") if " at 0x" in shown else shown
    else:
        yield from _parts((type(thing), getattr(thing, "__dict__", None)), seen)


def _of_function(function: FunctionType, seen: dict[int, Any]) -> Iterator[str]:
    """Its code and what that uses; of a library's, a decorator's among them, what it holds."""
    of_library = _in_library(function.__code__.co_filename)
    if of_library:
        yield function.__code__.co_qualname
    else:
        yield from _parts(function.__code__, seen)
    yield from _parts((function.__defaults__, function.__kwdefaults__, vars(function)), seen)
    for cell in function.__closure__ or ():
        try:
            yield from _parts(cell.cell_contents, seen)
        except ValueError:  # not bound yet
            continue
    if not of_library:
        for name, value in _globals(function):
            yield name
            yield from _parts(value, seen)


def _globals(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The globals that a function's code names, attributes of the user's modules among them."""
    names = list(_names(function.__code__))
    for name in names:
        if name in function.__globals__:
            value = function.__globals__[name]
        elif name in sys.modules:  # imported inside
            value = sys.modules[name]
        else:
            continue
        if not isinstance(value, ModuleType):
            yield name, value
        elif not _is_library(value):
            yield from _attributes(value, names)


def _attributes(module: ModuleType, names: list[str]) -> Iterator[tuple[str, Any]]:
    """The attributes of a module that a code names somewhere, and those of modules in it."""
    for name in names:
        value = vars(module).get(name)
        if isinstance(value, ModuleType) and not _is_library(value) and value is not module:
            yield from _attributes(value, [n for n in names if n != name])
        elif value is not None and not isinstance(value, ModuleType):
            yield name, value


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _of_library(kind: type) -> bool:
    """Whether a class is Python's own or of an installed library."""
    module = sys.modules.get(kind.__module__)
    return module is not None and _is_library(module)


def _is_library(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return module.__name__ != "__main__" if file is None else _in_library(file)


def _in_library(file: str) -> bool:
    found = Path(file).resolve()
    return any(found.is_relative_to(folder) for folder in _LIBRARIES)
