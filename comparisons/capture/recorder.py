"""Record torch operators as a graph while the user's function runs on real tensors.

Each operator that torch dispatches runs as it is; beside its result stands its value as a node. A
gradient is cut where torch cuts it: with gradients enabled, what an input reaches but does not
require grad. Source: torch.utils._python_dispatch, which sees the operators below autograd.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from comparisons.capture.arrays.axes import axes_of
from comparisons.capture.arrays.storage import Storages, address, numbers, unreadable
from comparisons.capture.calls.call import Call
from comparisons.capture.calls.computed import computed_in
from comparisons.capture.calls.decisions import ByCases, decision
from comparisons.capture.calls.implementations import implementation
from comparisons.capture.calls.operators import (
    A_READ,
    CREATES,
    DRAWS,
    OF_TRUTHS,
    OUT_OF_REACH,
    READS_A_NUMBER,
    RESHAPES_IN_PLACE,
    counted,
    functional_twin,
    is_view,
    plain_name,
    written_arguments,
)
from comparisons.capture.calls.positions import Positions
from comparisons.capture.calls.probing import probed
from comparisons.capture.origins import Origins
from comparisons.capture.refusal import NoRule, refused
from comparisons.capture.rules import COMPOSITIONS, RULES
from comparisons.capture.running.place import Place, here
from comparisons.capture.varying import Varying
from symdiff.graph import Input, Node, constant, elementwise, stop
from symdiff.graph.arrays.steps import Roundings

_DEEPEST = 16  # decompositions inside each other
_CUT = "detach() or no_grad()"


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's class is untyped
    """Records every operator that runs inside `with recorder:`."""

    def __init__(self, held: Container[int] = (), positions: Positions | None = None) -> None:
        """Args: held, decisions taken as constants, by their order; positions, of pixels."""
        super().__init__()  # type: ignore[no-untyped-call]  # torch's class is untyped
        self.decisions: list[ByCases] = []  # in the order in which they were made
        self.origins = Origins()
        self.fixed: list[tuple[str, Place | None]] = []  # what would differ at other inputs
        self.computed: dict[Node, Roundings] = {}  # constants that an operator computes itself
        self.operators: Counter[str] = Counter()
        self.draws = False  # whether random numbers were drawn
        self.writes = False  # whether something was written into that an input reaches
        self.takes_numbers = False  # whether numbers left tensors that an input reaches
        self.positions = positions or Positions()
        self._held = held
        self._storages = Storages()
        self._depth = 0  # inside how many decompositions
        self.forwards = 0  # inside how many forwards of Functions and operators of the user's
        self._varying = Varying()
        self._unknown: dict[int, tuple[Tensor, str]] = {}  # results that no rule gives, by storage
        self._whole: dict[int, tuple[Tensor, str]] = {}  # integers and truths, and who made them

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch is to import its compiler, 2 s, so as to keep out of what runs here."""
        return False

    def input(self, tensor: Tensor, node: Input) -> None:
        """Declare a tensor an input of the function, before it runs."""
        self._storages.put(tensor, node)

    def value(self, tensor: Tensor) -> Node:
        """The node of a tensor, with a stop where its gradient is cut.

        Raises: Refused if the tensor requires a gradient that was not recorded.
        """
        unknown = self._unknown.get(address(tensor))
        if unknown is not None and (tensor.requires_grad or not self._sees_gradients()):
            raise refused(f"a result of {unknown[1]}", self._place())
        node = self._storages.value(tensor)
        if not tensor.is_floating_point() or not self._sees_gradients():
            return node
        if tensor.requires_grad:
            storage = self._storages.get(tensor)
            lost = storage is None or not storage.reached
            if lost and not tensor.is_leaf and tensor.numel():
                what = "a tensor that requires grad but was computed outside torch's operators"
                raise refused(what, self._place())
            return node
        return stop(node, _CUT) if node in self._varying else node

    def reached(self, tensor: Tensor) -> bool:
        """Whether the tensor depends on an input, with no stop on the way."""
        storage = self._storages.get(tensor)
        if storage is None or not storage.reached:
            return False
        if not tensor.is_floating_point() or not self._sees_gradients():
            return True
        return tensor.requires_grad

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run one operator and record it."""
        call = Call(func, args, kwargs or {}, self.value, self.touches)
        self.operators.update(counted(call))
        for tensor in call.tensors:
            if tensor.requires_grad and tensor.is_leaf and not self.touches(tensor):
                self._require_numbers(call, (tensor,))
                self._storages.put(tensor, numbers(tensor))  # a parameter that is no input
        touched = any(map(self.touches, call.tensors))
        if touched:
            self._require_numbers(call, call.tensors)
            if plain_name(call) in OUT_OF_REACH:
                raise refused(plain_name(call), self._place())
        if call.name.removesuffix("_") in DRAWS:
            return self._draw(call)
        if not touched:
            result = self._run(call)  # what no input reaches stays numbers
            if call.name.startswith("empty"):
                self._storages.made_empty(call.result)
            self._go_by_whole(call)
            return result
        if call.name in READS_A_NUMBER:
            self._note("a number taken from a tensor")
            self.takes_numbers |= call.name in A_READ and call.tensors[0].is_floating_point()
            return self._run(call)
        if (own := implementation(func)) is not None:
            return self._written_in_python(call, own)
        written = written_arguments(call)
        if written and call.name.endswith("_"):
            return self._in_place(call)
        if "out" in call.kwargs:
            return self._into_out(call)
        if is_view(call):
            return self._view(call)
        result = self._run(call)
        self._record(call)
        for tensor in written:
            self._storages.forget(tensor)
        return result

    def _written_in_python(self, call: Call, code: Callable[..., Any]) -> Any:
        """The code of a user's own operator runs as an `autograd.Function`'s forward does."""
        with torch.no_grad(), self.inside_forward(), self:
            return code(*call.args, **call.kwargs)

    @contextmanager
    def inside_forward(self, function: Any = None) -> Iterator[None]:  # noqa: ARG002 - of any kind
        """Record the operators of a custom forward, though torch records no gradient there."""
        self.forwards += 1
        try:
            yield
        finally:
            self.forwards -= 1

    def given(self, tensor: Tensor) -> Tensor:
        """The tensor as an `autograd.Function` gets it: its forward sees no cut gradient."""
        cut = tensor.is_floating_point() and self._sees_gradients()
        return self._with_its_stop(tensor) if cut else tensor

    def _go_by_whole(self, call: Call) -> None:
        """What an input reaches by integers alone is constant: levels[(levels - x).abs().argmin()].

        It is known all the same, since a hand-written backward may pass a gradient through.
        """
        maker = next((w[1] for t in call.tensors if (w := self._whole.get(address(t)))), None)
        if maker is None:
            return
        for tensor in call.results:
            if tensor.is_floating_point():
                self._note(f"what {maker} gave")
                self._storages.write(tensor, numbers(tensor), reached=True)
            else:
                self._whole.setdefault(address(tensor), (tensor, maker))

    def known_as(self, call: Call, tensor: Tensor, node: Node, place: Place | None) -> Node:  # noqa: ARG002 - as it is
        """The node that a result has from here on: by default its value.

        Who follows a run step by step puts an input there, so that each step is told from the next.
        """
        return node

    def touches(self, tensor: Tensor) -> bool:
        """Whether the tensor's storage holds a node."""
        return self._storages.get(tensor) is not None or address(tensor) in self._unknown

    def _is_new(self, tensor: Tensor) -> bool:
        """Whether it has a storage of its own; torch's transforms also ask for shapes alone."""
        return not unreadable(tensor) and not self.touches(tensor)

    def _sees_gradients(self) -> bool:
        """Whether requires_grad means at this point what it means to the user."""
        transformed = torch._C._functorch.peek_interpreter_stack() is not None
        return torch.is_grad_enabled() and not transformed and not self._depth

    def _run(self, call: Call) -> Any:
        result = call.operator(*call.args, **call.kwargs)
        call.results = tuple(t for t in tree_leaves(result) if isinstance(t, Tensor))
        return result

    def _require_numbers(self, call: Call, tensors: Iterable[Tensor]) -> None:
        """Refuse tensors that hold no real numbers by strides. Raises: Refused."""
        for tensor in tensors:
            what = "complex numbers" if tensor.is_complex() else unreadable(tensor)
            if what:
                raise refused(f"{what}, in {plain_name(call)}", self._place())

    def _draw(self, call: Call) -> Any:
        """Record what was drawn at random as a constant."""
        self.draws = True
        result = self._run(call)
        reached = any(map(self.reached, call.tensors))
        for tensor in (t for t in call.results if t.is_floating_point()):
            self._storages.write(tensor, numbers(tensor), reached=reached)
        self._note(f"a random draw, {plain_name(call)}")
        return result

    def _view(self, call: Call) -> Any:
        """A view is read through its strides; what only looks like one is a copy."""
        result = self._run(call)
        base = call.args[0]
        if isinstance(base, Tensor) and call.results and self._is_new(call.result):
            same_type = call.result.dtype == base.dtype
            self._assign(call, probed(call) if same_type else (call.read(base),))
        return result

    def _in_place(self, call: Call) -> Any:
        """Record the functional operator, and write its result into the first argument."""
        target, name = call.args[0], call.name.removesuffix("_")
        self.writes = self.writes or self.reached(target)
        if name in RESHAPES_IN_PLACE:
            self._storages.keep(target)
            return self._run(call)
        if name in ("zero", "fill", "copy"):
            source = call.get("value", call.get("src", 0))
            node = call.value(source)
            reached = isinstance(source, Tensor) and self.reached(source)
        else:
            twin = functional_twin(call)
            if twin is None:
                raise refused(f"in-place {plain_name(call)}", self._place())
            with self:
                out = twin(*call.args, **call.kwargs)
            node = self._storages.value(out[0] if isinstance(out, list | tuple) else out)
            reached = any(map(self.reached, call.tensors))
        if target.requires_grad and not (torch.is_grad_enabled() or self._depth or self.forwards):
            before = self._storages.value(target)  # whose gradient is what autograd goes on with
            change = elementwise(lambda new, old: new - old, node, before)
            node = elementwise(lambda a, b: a + b, before, stop(change, "no_grad()"))
            reached = self.reached(target)
        self._storages.write(target, node, reached=reached)
        self.origins.remember(target, node)
        return self._run(call)

    def _into_out(self, call: Call) -> Any:
        """Record the operator without `out=`, and write its result there."""
        packet = getattr(torch.ops.aten, call.name)
        with self:
            made = packet(*call.args, **{k: v for k, v in call.kwargs.items() if k != "out"})
        target = call.kwargs["out"]
        node = self._storages.value(made)
        self._storages.write(target, node, reached=any(map(self.reached, call.tensors)))
        self.origins.remember(target, node)
        return self._run(call)

    def _record(self, call: Call) -> None:
        """The values of the results. Raises: Refused if neither rule nor decomposition knows."""
        holds_numbers = any(t.is_floating_point() for t in call.results)
        if any(t.is_meta for t in call.results):  # torch's transforms ask for shapes alone
            return
        self._require_numbers(call, call.results)
        given = [t for t in call.tensors if t.is_floating_point()]
        of_nothing = bool(given) and not any(t.numel() for t in given)
        if call.name in CREATES or of_nothing or not any(t.numel() for t in call.results):
            made = call.name.startswith(("empty", "new_empty"))  # whatever was in memory
            self._assign(call, [constant(0) if made else numbers(t) for t in call.results])
            return
        nodes = self._by_rule(call)
        if nodes is None and not holds_numbers:
            self._note(f"what {plain_name(call)} gave")
            self._whole |= {address(t): (t, plain_name(call)) for t in call.results}
            return
        nodes = self._by_decomposition(call) if nodes is None else nodes
        self.computed |= computed_in(call, nodes)
        self._assign(call, nodes)

    def _by_rule(self, call: Call) -> Sequence[Node | None] | None:
        for key in call.keys:
            if key in RULES:
                try:
                    found = RULES[key](call)
                except NoRule:
                    continue
                return (self._decided(call, found),) if isinstance(found, Node) else found
        return None

    def _decided(self, call: Call, node: Node) -> Node:
        """The node; or that which goes by what the run decided, where that is held."""
        made = decision(call, node)
        if made is None:
            return node
        self.decisions.append(made[0])
        return made[1] if len(self.decisions) - 1 in self._held else node

    def _by_decomposition(self, call: Call) -> Sequence[Node | None]:
        """The values by a decomposition, beside the kernel that ran.

        No gradient is cut inside; so an argument whose gradient is cut goes in as a copy that has
        the stop as its value.
        """
        way = next((COMPOSITIONS[key] for key in call.keys if key in COMPOSITIONS), None)
        if way is None and call.operator._can_decompose():
            way = call.operator.decompose
        if way is None:
            from torch._decomp import decomposition_table  # takes 0.8 s; most code needs none

            way = decomposition_table.get(call.operator)
        if way is None:
            raise refused(plain_name(call), self._place())
        if self._depth > _DEEPEST:  # igamma's is made of igamma
            raise refused(plain_name(call), self._place())
        args, kwargs = tree_map_only(Tensor, self._with_its_stop, (call.args, call.kwargs))
        args = self.positions.looked_up(call.name, args, self._storages)
        try:
            with self._inside(), self:
                found = way(*args, **kwargs)
        except (NoRule, torch.linalg.LinAlgError):  # type: ignore[attr-defined]  # of singular ones
            raise refused(plain_name(call), self._place()) from None
        tensors = [t for t in tree_leaves(found) if isinstance(t, Tensor)]
        return [
            self._storages.value(t) if t.shape == r.shape else None
            for t, r in zip(tensors, call.results, strict=False)
        ]

    def _with_its_stop(self, tensor: Tensor) -> Tensor:
        if not self.touches(tensor) or self._storages.value(tensor) is self.value(tensor):
            return tensor
        with torch._C._DisableTorchDispatch():
            copy = tensor.detach().clone()
        self._storages.put(copy, self.value(tensor))
        return copy

    @contextmanager
    def _inside(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _assign(self, call: Call, nodes: Sequence[Node | None]) -> None:
        reached = any(map(self.reached, call.tensors))
        for tensor, node in zip_longest(call.results, nodes[: len(call.results)]):
            if self.touches(tensor):
                continue
            if node is None:
                known = self._unknown if tensor.is_floating_point() else self._whole
                if tensor.numel():
                    known[address(tensor)] = (tensor, plain_name(call))
                continue
            if not set(node.axes) <= set(axes_of(tensor.shape)):
                raise AssertionError(f"{call.name}: {node!r} for shape {tuple(tensor.shape)}")
            by_user = not (torch.is_grad_enabled() or self._depth or self.forwards)
            if by_user and not tensor.is_floating_point() and node in self._varying:
                node = stop(node, _CUT)  # noqa: PLW2901 - a mask that is meant to be constant
            if tensor.is_floating_point() and not self._depth:
                node = self.known_as(call, tensor, node, here())  # noqa: PLW2901 - from here on
            self._storages.put(tensor, node, reached=reached)
            moving = (t for t in call.tensors if t.is_floating_point() and self.touches(t))
            exact = plain_name(call) in OF_TRUTHS and not any(True for _ in moving)
            self.origins.made(plain_name(call), tensor, node, exact=exact)

    def _note(self, what: str) -> None:
        note = (what, here())
        if not self._depth and note not in self.fixed:
            self.fixed.append(note)

    def _place(self) -> str:
        return str(here() or "")
