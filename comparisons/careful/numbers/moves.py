"""Change the arguments of a call: one sign, equal pairs, an index given twice, a longer axis.

An argument that looks chosen (rows that sum to one, of one sign, sorted, with entries twice, a
permutation) stays as it is: a backward may rest on what its caller keeps, as p − t for cross
entropy does on Σt = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import seeded
from comparisons.subjects.own.arguments import moved

if TYPE_CHECKING:
    from torch import Tensor

Change = Callable[[Any], Any]  # of the arguments, by position and by name

_FEWEST = 3  # entries that show nothing by chance
_EQUAL = 2.0**-10  # of the entries' size: sums and norms nearer than this were made equal
_IGNORED = -100  # a target that torch's losses leave out by default
_LENGTHS = (131, 67)  # beyond a block of 128, and of 64; odd
_MOST_LENGTHS = 4
MOST = 2**14  # entries: a capture more for each change
_PAIRS = 2**21  # of entries of two arguments: as many may meet, in a convolution, say


def free_ones(move: Callable[[Tensor], Tensor]) -> Change:
    """Changes of each floating-point tensor that does not look chosen, as a mask does."""
    return partial(moved, move=lambda x: move(x) if is_free(numbers(x)) else x)


def scaled(power: int) -> Change:
    """All of the tensors times a power of two."""
    return free_ones(lambda x: x * 2.0**power)


def subnormal(dtype: FloatType, argument: Float64Array) -> Change:
    """One argument scaled into an eighth of the subnormal range: several at once give only 0."""

    def move(x: Tensor) -> Tensor:
        if x.numel() != argument.size or not np.array_equal(numbers(x).ravel(), argument.ravel()):
            return x
        return x / abs(x).max() * (dtype.smallest_normal / 8)

    return free_ones(move)


def _with_a_zero(x: Tensor) -> Tensor:
    """0 for one entry: y/x is no factor of a product's gradient there."""
    entries = x.flatten().clone()
    entries[len(entries) // 2] = 0
    return entries.reshape(x.shape)


def _with_a_row_of_zeros(x: Tensor) -> Tensor:
    """0 for one row along the last axis: a norm has no direction there."""
    rows = x.reshape(-1, x.shape[-1]).clone()
    rows[len(rows) // 2] = 0
    return rows.reshape(x.shape)


def _equal_in_pairs(x: Tensor, axis: int) -> Tensor:
    """Each other entry along an axis as the one before: the largest, the middle may be two."""
    import torch

    place = torch.arange(x.shape[axis], device=x.device) // 2 * 2
    return x.index_select(axis, place)


OF_SIZES: dict[str, Change] = {
    "entries below 0": free_ones(lambda x: -abs(x)),
    "entries above 0": free_ones(abs),
    "entries eight times as large": free_ones(lambda x: 8 * x),
    "entries a sixteenth as large": free_ones(lambda x: x / 16),
}
OF_NUMBERS: dict[str, Change] = {
    **OF_SIZES,
    "entries of which one is 0": free_ones(_with_a_zero),
}
# Of these a matrix has no inverse, and what solves with it need not have a gradient.
OF_LESS_RANK: dict[str, Change] = {
    "entries of which a row is 0": free_ones(_with_a_row_of_zeros),
    "entries equal in pairs": free_ones(lambda x: _equal_in_pairs(x, -1)),
    "rows equal in pairs": free_ones(lambda x: _equal_in_pairs(x, 0)),
}


def of_integers(given: Any) -> dict[str, Change]:
    """Changes of the integer arguments that are indices; a permutation stays as it is."""
    open_to_it = [x for x in _tensors(given) if _are_indices(x)]
    if not open_to_it:
        return {}
    changes = {"one index ignored": _each_index(_with_one_ignored)}
    if any(x.min() != x.max() for x in open_to_it):
        changes["an index more often"] = _each_index(_with_one_more_often)
    return changes


def _each_index(move: Callable[[Tensor], Tensor]) -> Change:
    def change(given: Any) -> Any:
        from torch import Tensor
        from torch.utils._pytree import tree_map_only

        return tree_map_only(Tensor, lambda x: move(x) if _are_indices(x) else x, given)

    return change


def _are_indices(x: Tensor) -> bool:
    """Whether a tensor holds whole numbers, any of which might have been another."""
    return _are_whole(x) and x.numel() > 1 and not _is_a_permutation(x)


def _are_whole(x: Tensor) -> bool:
    """Whether it is of a type that torch takes for an index, and holds its numbers by strides."""
    import torch

    from comparisons.capture.arrays.storage import unreadable

    return x.dtype in (torch.int64, torch.int32) and not unreadable(x)


def _is_a_permutation(x: Tensor) -> bool:
    """Whether it is one along an axis: what undoes it goes by that."""
    return any(
        bool((x.sort(axis).values == _counted(x, axis)).all())
        for axis, n in enumerate(x.shape)
        if n > 1
    )


def _counted(x: Tensor, axis: int) -> Tensor:
    """0, 1, 2, … along an axis."""
    import torch

    count = torch.arange(x.shape[axis], dtype=x.dtype, device=x.device)
    return count.reshape([-1 if a == axis else 1 for a in range(x.dim())])


def _with_one_ignored(x: Tensor) -> Tensor:
    entries = x.flatten().clone()
    entries[-1] = _IGNORED
    return entries.reshape(x.shape)


def _with_one_more_often(x: Tensor) -> Tensor:
    """The first that differs from the first of all made that; what was sorted stays so."""
    entries = x.flatten().clone()
    others = (entries != entries[0]).nonzero()
    if len(others):
        entries[int(others[0])] = int(entries[0])
    return entries.reshape(x.shape)


def of_lengths(
    given: Any, runs: Callable[[Change], bool], *, apart: bool = False
) -> Iterator[tuple[str, Change]]:
    """Changes that lengthen the axes of one length, where no argument looks chosen along them.

    One entry, of which squeeze() leaves no axis; and as many as a block of a kernel does not hold,
    or, where a loop over them takes long, one more than twice as many. One entry goes with all that
    code holds of that length, of which it is no mistake: so it is asked only of code that twice as
    many go with too.

    Args:
        given: the arguments.
        runs: whether the code runs at arguments that are changed, and soon.
        apart: whether no two whole numbers may be equal: those along an axis keep it as it is.
    """
    tensors = list(_tensors(given))
    lengths = dict.fromkeys(n for x in tensors for n in x.shape if n > 1)
    for length in list(lengths)[:_MOST_LENGTHS]:
        having = [x for x in tensors if length in x.shape]
        if any(_looks_chosen(x) or (apart and not x.is_floating_point()) for x in having):
            continue
        for other in (*_LENGTHS, 2 * length + 1):
            entries = sorted(_entries_with(x.shape, length, other) for x in tensors)
            few = sum(entries) <= MOST and np.prod(entries[-2:]) <= _PAIRS
            if other > length and few and runs(_resized(length, other)):
                yield f"axes of {length} that are {other} long", _resized(length, other)
                break
        if runs(_resized(length, 2 * length)):
            yield f"axes of {length} that are 1 long", _resized(length, 1)


def _entries_with(shape: tuple[int, ...], length: int, other: int) -> int:
    return int(np.prod([other if n == length else n for n in shape]))


def _resized(length: int, other: int) -> Change:
    """Along each axis of a length means of two entries there, weighted at random: no new range."""

    def change(given: Any) -> Any:
        import torch
        from torch.utils._pytree import tree_map_only

        draw = seeded()
        places, others = draw.integers(length, size=(2, other))
        share = torch.from_numpy(draw.uniform(size=other))

        def resized(x: Tensor) -> Tensor:
            made = x.detach()
            for axis in (a for a, n in enumerate(x.shape) if n == length):
                first = made.index_select(axis, torch.from_numpy(places).to(x.device))
                if not x.is_floating_point():
                    made = first
                    continue
                weight = share.to(x).reshape([-1 if a == axis else 1 for a in range(x.dim())])
                second = made.index_select(axis, torch.from_numpy(others).to(x.device))
                made = first * weight + second * (1 - weight)
            return made.requires_grad_(x.requires_grad)

        return tree_map_only(torch.Tensor, resized, given)

    return change


def _looks_chosen(x: Tensor) -> bool:
    import torch

    from comparisons.capture.arrays.storage import unreadable

    if unreadable(x):
        return True
    if x.is_floating_point():
        values = numbers(x)
        return not np.isfinite(values).all() or _is_chosen(values)
    return x.dtype != torch.bool and (not _are_whole(x) or _is_a_permutation(x))


def _tensors(given: Any) -> Iterator[Tensor]:
    from torch import Tensor
    from torch.utils._pytree import tree_leaves

    yield from (leaf for leaf in tree_leaves(given) if isinstance(leaf, Tensor))


def numbers(x: Tensor) -> Float64Array:
    """A tensor's values in float64."""
    return np.asarray(x.detach().cpu().double().numpy())


def is_free(x: Float64Array) -> bool:
    """Whether a tensor's values look arbitrary, so that others would serve as well."""
    if x.size < _FEWEST or not np.isfinite(x).all() or x.min() >= 0 or x.max() <= 0:
        return False
    return not _is_chosen(x)


def _is_chosen(x: Float64Array) -> bool:
    """Whether some entries, sums or norms are equal, or sums are 0 or 1, or it is sorted."""
    if np.unique(np.abs(x)).size < x.size:
        return True
    size = np.sqrt(np.mean(x * x))
    for axis in (None, *range(x.ndim)):
        length = x.size if axis is None else x.shape[axis]
        if length < _FEWEST:
            continue
        steps = np.diff(np.ravel(x) if axis is None else x, axis=-1 if axis is None else axis)
        if (steps > 0).all() or (steps < 0).all():
            return True
        for total in (np.sum(x, axis), np.sum(x * x, axis) / size):
            chosen = [0.0, 1.0, float(np.mean(total))] if np.size(total) > 1 else [0.0, 1.0]
            if any((np.abs(total - c) <= _EQUAL * size).all() for c in chosen):
                return True
    return False
