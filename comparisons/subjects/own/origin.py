"""Find where a user's function is from: name, file and line, import, and what tells it apart."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

# Where it was found: to find a class Python parses its file anew, and one check asks many times.
_DEFINED: WeakKeyDictionary[Any, tuple[str | None, int]] = WeakKeyDictionary()
_PLAIN = (int, float, complex, str, bytes, bool, type(None))  # values that a function goes by


@dataclass(frozen=True)
class Origin:
    """Where a user's function is defined and how another program imports it.

    Args: name, what it is called, an `autograd.Function` by its class; place, `file:line`, empty
        of a builtin; identity, of its code and of the numbers and text it closes over: equal in
        every process; path, the expression that is called; imports, the statements that it needs
        beside `import torch`; obstacle, in words why no import makes the path known, else empty.
    """

    name: str = ""
    place: str = ""
    identity: str = ""
    path: str = ""
    imports: str = ""
    obstacle: str = ""

    @property
    def where(self) -> str:
        """` (file:line)` to follow the name in a message; empty if the place is unknown."""
        return f" ({self.place})" if self.place else ""


def origin_of(function: Callable[..., Any]) -> Origin:
    """The origin of a function, an `autograd.Function.apply`, a module or another callable."""
    target, suffix = _target(function)
    name, place, identity = _name(target), _place(target), _identity(function)
    of_torch = _of_torch(target)
    if of_torch:
        return Origin(name, place, identity, of_torch + suffix)
    where = f" ({place})" if place else ""
    qualified = getattr(target, "__qualname__", "")
    found = sys.modules.get(getattr(target, "__module__", None) or "")
    if isinstance(target, partial):
        obstacle = f"{name}{where} is a partial, made while the program ran"
    elif "<lambda>" in qualified:
        obstacle = f"f is a lambda{where}"
    elif "<locals>" in qualified:
        obstacle = f"{name}{where} is local to another function"
    elif not qualified or found is None or _found(found, qualified) is not target:
        obstacle = f"{name}{where} is an object made while the program ran"
    else:
        imports = _imports(found, qualified.partition(".")[0])
        if imports:
            return Origin(name, place, identity, qualified + suffix, imports)
        obstacle = f"{name} is in no file"
    called = "f" if "<lambda>" in qualified else name if name.isidentifier() else "f"
    return Origin(name, place, identity, called + suffix, obstacle=obstacle)


def instance_path(module: Any) -> tuple[str, str]:
    """The expression that makes or finds a `torch.nn.Module` again, and its import; or empty.

    A layer of torch's own by what it prints; a user's where its class's file has it under a name.
    """
    import torch

    kind = type(module)
    room = sys.modules.get(kind.__module__)
    if kind.__module__.startswith("torch.nn") and not any(module.children()):
        text = f"torch.nn.{module!r}"
        try:
            again = eval(text, {"torch": torch, "nn": torch.nn})  # noqa: S307 - what torch prints
        except Exception:  # noqa: BLE001 - it prints what it is not made by
            return "", ""
        alike = type(again) is kind and repr(again) == repr(module)
        buffers = [dict(m.named_buffers()) for m in (again, module)]
        same = buffers[0].keys() == buffers[1].keys() and all(
            torch.equal(a.cpu(), b.cpu()) for a, b in zip(*map(dict.values, buffers), strict=True)
        )
        if alike and same:
            return (text if module.training else f"{text}.eval()"), ""
        return "", ""
    if room is not None:
        for name, value in list(vars(room).items()):
            if value is module:
                return name, _imports(room, name)
    return "", ""


def _target(function: Callable[..., Any]) -> tuple[Any, str]:
    """The object that has the name, and the suffix that is called of it."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and getattr(function, "__name__", "") == "apply":
        return owner, ".apply"
    return next(iter(_codes_of_operator(function)), function), ""


def _codes_of_operator(function: Any) -> tuple[Any, ...]:
    """What `torch.library.custom_op` made an operator of; of any other function nothing."""
    if type(function).__module__ not in ("torch._library.custom_ops", "torch._ops"):
        return ()
    from comparisons.capture.running.operator import codes_of_operator

    return codes_of_operator(function)


def _name(target: Any) -> str:
    if isinstance(target, partial):
        return _name(target.func)
    name = getattr(target, "__name__", None) or type(target).__name__
    return "lambda" if name == "<lambda>" else str(name)


def _place(target: Any) -> str:
    """`file:line`, the file relative to the working directory where it lies below it."""
    if isinstance(target, partial):
        target = target.func
    if not isinstance(target, type) and not hasattr(target, "__code__"):
        target = type(target)  # a module or another object with __call__
    try:
        file, line = _file_and_line(inspect.unwrap(target))
    except (TypeError, OSError, ValueError):
        return ""
    if file is None:
        return ""
    path, here = Path(file), Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{max(line, 1)}"


def _file_and_line(target: Any) -> tuple[str | None, int]:
    """Where a class or a function is defined; what `inspect` raises of others is the caller's."""
    known = isinstance(target, type | FunctionType)
    if known and target in _DEFINED:
        return _DEFINED[target]
    found = inspect.getsourcefile(target), inspect.getsourcelines(target)[1]
    if known:
        _DEFINED[target] = found
    return found


def _of_torch(target: Any) -> str:
    """The public path of one of torch's own functions; empty of any other."""
    module = getattr(target, "__module__", None) or ""
    if not (module == "" or module.split(".")[0] == "torch"):
        return ""
    import torch

    called = getattr(target, "__name__", "")
    for path, room in (
        ("torch", torch),
        ("torch.nn.functional", torch.nn.functional),
        ("torch.special", torch.special),
        ("torch.linalg", torch.linalg),
    ):
        if getattr(room, called, None) is target:
            return f"{path}.{called}"
        # `torch.special.xlog1py` is called special_xlog1py, `F.logsigmoid` log_sigmoid
        for name, value in vars(room).items():
            if value is target and not name.startswith("_"):
                return f"{path}.{name}"
    return ""


def _found(module: Any, qualified: str) -> Any:
    found = module
    for part in qualified.split("."):
        found = getattr(found, part, None)
    return _target(found)[0]


def _imports(module: Any, name: str) -> str:
    """The statement that imports a name of a module, from its folder where no path leads there."""
    file, called = getattr(module, "__file__", None), module.__name__
    if file is None:
        return ""
    folder = Path(file).resolve().parent
    if called == "__main__":
        called = Path(file).stem
    else:
        depth = called.count(".") + (Path(file).name == "__init__.py")
        folder = [folder, *folder.parents][depth]
    statement = f"from {called} import {name}"
    installed = any(part in ("site-packages", "dist-packages") for part in folder.parts)
    if installed or folder == Path.cwd():
        return statement
    return f"import sys; sys.path.insert(0, {str(folder)!r}); {statement}"


def _identity(function: Any) -> str:
    digest = hashlib.blake2b(digest_size=6)
    for part in _parts(function, set()):
        digest.update(part.encode())
    return digest.hexdigest()


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    """The text of what a function goes by: its code, its defaults, the plain values it holds."""
    if isinstance(thing, _PLAIN):
        yield repr(thing)
    elif isinstance(thing, tuple | list):
        for part in thing:
            yield from _parts(part, seen)
    elif isinstance(thing, dict):
        for key, part in thing.items():
            yield repr(key)
            yield from _parts(part, seen)
    elif isinstance(thing, CodeType):
        yield thing.co_name + thing.co_code.hex() + repr(thing.co_names)
        yield from _parts(thing.co_consts, seen)
    elif id(thing) not in seen:
        seen.add(id(thing))
        yield from _of_object(thing, seen)


def _of_object(thing: Any, seen: set[int]) -> Iterator[str]:
    owner, codes = getattr(thing, "__self__", None), _codes_of_operator(thing)
    if codes:
        yield from _parts(codes, seen)
    elif isinstance(owner, type):  # an autograd.Function's apply, by its methods
        yield owner.__module__ + owner.__qualname__
        for method in ("forward", "setup_context", "backward", "jvp", "vmap"):
            found = getattr(owner, method, None)  # a class method is another object every time
            yield from _parts(getattr(found, "__func__", found), seen)
    elif isinstance(thing, FunctionType):
        yield f"{thing.__module__}.{thing.__qualname__}"
        yield from _parts(thing.__code__, seen)
        yield from _parts((thing.__defaults__, thing.__kwdefaults__), seen)
        for cell in thing.__closure__ or ():
            try:
                yield from _parts(cell.cell_contents, seen)
            except ValueError:  # not bound yet
                continue
    elif isinstance(thing, partial):
        yield from _parts((thing.func, thing.args, thing.keywords), seen)
    elif hasattr(type(thing), "forward"):  # a module, by its code and what it prints
        yield repr(thing)
        yield from _parts(type(thing).forward, seen)
    elif callable(thing):
        yield f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', type(thing))}"
        yield from _parts(vars(type(thing)).get("__call__"), seen)
