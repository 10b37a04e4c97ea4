"""Sort torch's operators into those that a recorder treats alike."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from comparisons.capture.calls.call import Call

# Python takes a number out of a tensor: at other inputs it may be another one.
A_READ = ("_local_scalar_dense", "item")  # by item(), float(), int(), bool() and formatting
READS_A_NUMBER = frozenset((*A_READ, "equal", "is_nonzero", "allclose"))

CREATES = frozenset(
    (
        "full_like",
        "ones_like",
        "zeros_like",
        "empty_like",
        "new_empty",
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty_strided",
        "empty_permuted",
        "scalar_tensor",
    )
)

DRAWS = frozenset(
    (
        "bernoulli",
        "rand_like",
        "randn_like",
        "randint_like",
        "normal",
        "uniform",
        "exponential",
        "rand",
        "randn",
        "randperm",
        "randint",
        "multinomial",
        "log_normal",
        "geometric",
        "cauchy",
        "poisson",
        "normal_functional",
        "random",
    )
)

# In place they change how a tensor reads its storage, not what the storage holds.
RESHAPES_IN_PLACE = frozenset(
    (
        "squeeze",
        "unsqueeze",
        "transpose",
        "t",
        "detach",
        "as_strided",
        "swapdims",
        "swapaxes",
        "requires_grad",
        "set",  # another storage, or none
    )
)

# They round nothing where what moves is truths or integers, and the rest constants of the type.
OF_TRUTHS = frozenset(("to_copy", "where", "masked_fill", "mul"))

OUT_OF_REACH = frozenset(
    (
        "linalg_svd",
        "linalg_eig",
        "linalg_eigh",
        "linalg_eigvals",
        "linalg_matrix_exp",
        "matrix_exp",
        "geqrf",
    )
)

# By elimination or by reflections: an error is small beside the largest entry, not beside each.
# Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 9 and 19.
SOLVES = frozenset(
    (
        "cholesky",
        "cholesky_inverse",
        "cholesky_solve",
        "inverse",
        "linalg_cholesky_ex",
        "linalg_det",
        "linalg_householder_product",
        "linalg_inv_ex",
        "linalg_ldl_factor_ex",
        "linalg_ldl_solve",
        "linalg_lstsq",
        "linalg_lu",
        "linalg_lu_factor_ex",
        "linalg_lu_solve",
        "linalg_pinv",
        "linalg_qr",
        "linalg_slogdet",
        "linalg_solve_ex",
        "linalg_solve_triangular",
        "lu_unpack",
        "ormqr",
        "triangular_solve",
    )
)

# Of which torch's gradient loses digits by its formula, though each of its steps is sound.
# Source: torch/csrc/autograd/FunctionsManual.cpp, torch 2.13, householder_product_backward.
LOSSY = {
    "linalg_householder_product": "torch takes a reflection back by its inverse, 1 − σ v vᵀ with "
    "σ = τ/(τ‖v‖² − 1), which cancels",
}

# They read a triangle, or reflections, with ones on the diagonal that nobody gives.
IMPLIED_ONES = "ones on a diagonal"
_WITH_ONES = frozenset(("linalg_householder_product", "linalg_lu_solve", "lu_unpack", "ormqr"))


def counted(call: Call) -> tuple[str, ...]:
    """The names that a call counts under."""
    ones = call.name in _WITH_ONES or ("triangular" in call.name and call.get("unitriangular"))
    return (call.name, IMPLIED_ONES) if ones else (call.name,)


def plain_name(call: Call) -> str:
    """The operator's name as a user knows it."""
    return call.name.strip("_")


def is_view(call: Call) -> bool:
    """Whether the operator's results share its argument's storage, as its schema says."""
    if call.name == "lift_fresh":
        return False
    return any(r.alias_info is not None for r in call.operator._schema.returns) or (
        call.name.startswith("unsafe_split")
    )


def written_arguments(call: Call) -> list[Tensor]:
    """The tensors that the operator writes into, as its schema says."""
    found: list[Any] = [
        call.bound.get(a.name)
        for a in call.operator._schema.arguments
        if a.alias_info is not None and a.alias_info.is_write
    ]
    return [t for t in found if isinstance(t, Tensor)]


def functional_twin(call: Call) -> Any:
    """The operator that computes the same without writing: `add` for `add_`; None without one.

    It is known by the types of its arguments: of `pow_.Scalar` it is `pow.Tensor_Scalar`, while
    `pow.Scalar` is a number to the power of a tensor.
    """
    packet = getattr(torch.ops.aten, call.name.removesuffix("_"), None)
    if packet is None:
        return None
    wanted = _argument_types(call.operator)
    for name in (call.overload, *packet.overloads()):
        twin = getattr(packet, name, None)
        if twin is not None and _argument_types(twin) == wanted:
            return twin
    return getattr(packet, call.overload, None) or getattr(packet, "default", None)


def _argument_types(operator: OpOverload) -> list[str]:
    return [str(argument.type) for argument in operator._schema.arguments]


# Into places by their index: of what is stored twice in one place the last stays, and torch says
# that the gradient is undefined then (torch.Tensor.scatter_, torch.nn.MaxUnpool1d).
STORES = frozenset(
    (
        "index_copy",
        "index_put",
        "max_unpool2d",
        "max_unpool3d",
        "put",
        "scatter",
    )
)
