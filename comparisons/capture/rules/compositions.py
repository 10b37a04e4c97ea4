"""Rules of operators written as other operators of torch, where torch decomposes them badly or not.

What stands here never runs in place of torch's kernel: it is recorded beside it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import composed

aten = torch.ops.aten
_NONE, _MEAN = 0, 1  # at::Reduction


# torch's own references of these three load torch._dynamo when they are first called: 0.6 s.


@composed("huber_loss")
def huber_loss(x: Tensor, t: Tensor, reduction: int = 1, delta: float = 1.0) -> Tensor:
    """½ d² where d = |x − t| < δ, else δ (d − ½ δ); all of them, their mean or their sum."""
    d = (x - t).abs()
    each = torch.where(d < delta, 0.5 * d * d, delta * (d - 0.5 * delta))
    if reduction == _NONE:
        return each
    return each.mean() if reduction == _MEAN else each.sum()


@composed("glu")
def glu(x: Tensor, dim: int = -1) -> Tensor:
    """The first half of x times σ of the second half."""
    first, second = x.chunk(2, dim)
    return first * torch.sigmoid(second)


@composed("celu")
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x above 0, else α (e^(x/α) − 1)."""
    return torch.where(x > 0, x, alpha * torch.expm1(x / alpha))


@composed("_cdist_forward")
def cdist(x1: Tensor, x2: Tensor, p: float, compute_mode: int | None) -> Tensor:  # noqa: ARG001 - how it is computed is torch's matter
    """The distances between all pairs of rows."""
    return aten.linalg_vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, [-1])


@composed("_euclidean_dist")
def euclidean(x1: Tensor, x2: Tensor) -> Tensor:
    """The distances between all pairs of rows in the 2-norm."""
    return aten.linalg_vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), 2.0, [-1])


@composed("_pdist_forward")
def pdist(x: Tensor, p: float = 2.0) -> Tensor:
    """The distances between the pairs of rows i < j."""
    i, j = torch.triu_indices(x.shape[0], x.shape[0], 1)
    return aten.linalg_vector_norm(aten.index(x, [i]) - aten.index(x, [j]), p, [-1])


@composed("_trilinear")
def trilinear(
    i1: Tensor,
    i2: Tensor,
    i3: Tensor,
    expand1: list[int],
    expand2: list[int],
    expand3: list[int],
    sumdim: list[int],
    unroll_dim: int = 1,  # noqa: ARG001 - how it is computed is torch's matter
) -> Tensor:
    """The product of three tensors, each given dimensions of length 1, summed over some."""

    def expanded(tensor: Tensor, dims: list[int]) -> Tensor:
        for dim in dims:
            tensor = tensor.unsqueeze(dim)
        return tensor

    product = expanded(i1, expand1) * expanded(i2, expand2) * expanded(i3, expand3)
    return product.sum(list(sumdim))


@composed("cholesky_solve")
def cholesky_solve(b: Tensor, factor: Tensor, upper: bool = False) -> Tensor:  # noqa: FBT001, FBT002 - torch's signature
    """(L Lᵀ)⁻¹ B."""
    return aten.matmul(aten.cholesky_inverse(factor, upper), b)


@composed("linalg_pinv.atol_rtol_tensor", "linalg_pinv.atol_rtol_float", "linalg_pinv")
def pinv(a: Tensor, *_: Any, **__: Any) -> Tensor:
    """The pseudo-inverse of a matrix of full rank: (Aᵀ A)⁻¹ Aᵀ or Aᵀ (A Aᵀ)⁻¹."""
    if a.shape[-2] >= a.shape[-1]:
        return aten.matmul(aten.linalg_inv(a.mT @ a), a.mT)
    return aten.matmul(a.mT, aten.linalg_inv(a @ a.mT))


@composed("linalg_lstsq")
def lstsq(a: Tensor, b: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
    """The least-squares solution for a matrix of full rank, and the squared residuals."""
    vector = b.dim() == 1 or (a.dim() - 1 == b.dim() and b.shape == a.shape[:-1])
    right = b.unsqueeze(-1) if vector else b
    solution = aten.matmul(pinv(a), right)
    left = ((aten.matmul(a, solution) - right) ** 2).sum(-2)
    return solution.squeeze(-1) if vector else solution, left


@composed("linalg_qr")
def qr(a: Tensor, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """R from the Cholesky factor of Aᵀ A, its signs as the kernel chose them, and Q = A R⁻¹.

    Of a wide matrix Q is that of its square part on the left, and R = Qᵀ A.
    """
    rows, columns = a.shape[-2:]
    if mode != "reduced" and rows > columns:
        raise NoRule
    square = a[..., :rows]
    with torch._C._DisableTorchDispatch():
        r = torch.linalg.qr(square)[1]
        signs = torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))
    r = signs.unsqueeze(-1) * aten.linalg_cholesky(square.mT @ square).mT
    q = square @ aten.linalg_inv(r)
    return q, r if rows >= columns else q.mT @ a


def _unpacked(lu: Tensor) -> tuple[Tensor, Tensor]:
    """The triangles that one matrix holds: L with ones on its diagonal, and U."""
    rows, columns = lu.shape[-2:]
    k = min(rows, columns)
    eye = torch.eye(rows, k, dtype=lu.dtype)
    return aten.tril(lu[..., :, :k], -1) + eye, aten.triu(lu[..., :k, :])


@composed("lu_unpack")
def lu_unpack(
    lu: Tensor,
    pivots: Tensor,
    unpack_data: bool = True,  # noqa: FBT001, FBT002 - torch's signature
    unpack_pivots: bool = True,  # noqa: FBT001, FBT002
) -> tuple[Tensor, Tensor, Tensor]:
    """P, L and U; the permutation is constant."""
    with torch._C._DisableTorchDispatch():
        p = torch.lu_unpack(lu.detach(), pivots, unpack_data, unpack_pivots)[0]
    return (p, *_unpacked(lu)) if unpack_data else (p, lu[..., :0], lu[..., :0])


@composed("linalg_lu_solve")
def lu_solve(
    lu: Tensor,
    pivots: Tensor,
    b: Tensor,
    *,
    left: bool = True,
    adjoint: bool = False,
) -> Tensor:
    """The X with A X = B where A = P L U; or with Aᵀ X = B, or X A = B."""
    with torch._C._DisableTorchDispatch():
        p = torch.lu_unpack(lu.detach(), pivots)[0]
    lower, upper = _unpacked(lu)
    inverse = aten.linalg_inv(upper) @ aten.linalg_inv(lower) @ p.mT
    inverse = inverse.mT if adjoint else inverse
    return inverse @ b if left else b @ inverse


def _eliminated(a: Tensor) -> Tensor:
    """L and U in one matrix, by Gauss's elimination without another choice of pivots."""
    rows, columns = a.shape[-2:]
    kept_rows, kept_columns = [], []
    for k in range(min(rows, columns)):
        kept_rows.append(a[..., :1, :])
        multiples = a[..., 1:, :1] / a[..., :1, :1]
        kept_columns.append(multiples)
        a = a[..., 1:, 1:] - multiples * a[..., :1, 1:]
        del k
    whole = torch.zeros((*kept_rows[0].shape[:-2], rows, columns), dtype=kept_rows[0].dtype)
    for k, (row, column) in enumerate(zip(kept_rows, kept_columns, strict=True)):
        whole = aten.slice_scatter(
            whole, aten.slice_scatter(whole[..., k : k + 1, :], row, -1, k, columns), -2, k, k + 1
        )
        whole = aten.slice_scatter(
            whole,
            aten.slice_scatter(whole[..., :, k : k + 1], column, -2, k + 1, rows),
            -1,
            k,
            k + 1,
        )
    return whole


@composed("linalg_lu_factor_ex")
def lu_factor(a: Tensor, *, pivot: bool = True, check_errors: bool = False) -> tuple[Tensor, ...]:
    """L and U in one matrix, the rows in the order that the kernel chose."""
    with torch._C._DisableTorchDispatch():
        _, pivots, info = torch.linalg.lu_factor_ex(
            a.detach(), pivot=pivot, check_errors=check_errors
        )
        p = torch.lu_unpack(a.detach(), pivots)[0] if pivot else torch.eye(a.shape[-2])
    return _eliminated(p.mT.to(a.dtype) @ a), pivots, info


@composed("linalg_lu")
def lu(a: Tensor, *, pivot: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """P, L and U with A = P L U."""
    with torch._C._DisableTorchDispatch():
        p = torch.linalg.lu(a.detach(), pivot=pivot)[0]
    ordered = p.mT @ a if pivot else a
    return (p, *_unpacked(_eliminated(ordered)))


@composed("linalg_householder_product")
def householder_product(a: Tensor, tau: Tensor) -> Tensor:
    """The first columns of ∏ᵢ (1 − τᵢ vᵢ vᵢᵀ), each v with a 1 above its part of a."""
    rows, columns = a.shape[-2:]
    reflected = torch.eye(rows, columns, dtype=a.dtype).expand(a.shape)
    unit = aten.tril(a, -1) + torch.eye(rows, columns, dtype=a.dtype)
    for i in range(tau.shape[-1] - 1, -1, -1):
        v = unit[..., :, i : i + 1]
        reflected = reflected - tau[..., None, i : i + 1] * v * (v.mT @ reflected)
    return reflected


@composed("ormqr")
def ormqr(
    a: Tensor,
    tau: Tensor,
    other: Tensor,
    left: bool = True,  # noqa: FBT001, FBT002 - torch's signature
    transpose: bool = False,  # noqa: FBT001, FBT002
) -> Tensor:
    """Q C, Qᵀ C, C Q or C Qᵀ, of the Q of all rows that the reflections make."""
    rows, columns = a.shape[-2:]
    unit = aten.tril(a, -1) + torch.eye(rows, columns, dtype=a.dtype)
    count = tau.shape[-1]
    from_first = left == transpose  # the reflection that is applied first is the first one
    for i in range(count) if from_first else reversed(range(count)):
        v, t = unit[..., :, i : i + 1], tau[..., None, i : i + 1]
        other = other - (t * v * (v.mT @ other) if left else t * (other @ v) * v.mT)
    return other


@composed("segment_reduce")
def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,  # noqa: ARG001 - how it is checked is torch's matter
    initial: float | None = None,
) -> Tensor:
    """The sum, mean, product, largest or smallest of each run of slices."""
    given = lengths if lengths is not None else offsets
    if indices is not None or given is None:
        raise NoRule
    counts = given if lengths is not None else torch.diff(given)
    rows = data.reshape(-1, *data.shape[axis:])  # the dimensions before, as one
    starts = torch.cumsum(counts, -1) - counts if offsets is None else given[..., :-1]
    runs = [
        torch.stack(
            [
                _reduced(row[first : first + n], reduce, initial)
                for first, n in zip(of.tolist(), length.tolist(), strict=True)
            ]
        )
        for row, of, length in zip(
            rows, starts.reshape(len(rows), -1), counts.reshape(len(rows), -1), strict=True
        )
    ]
    return torch.stack(runs).reshape(*counts.shape, *data.shape[axis + 1 :])


def _reduced(part: Tensor, reduce: str, initial: float | None) -> Tensor:
    """One run of slices, from `initial` on; of none, that or what torch has."""
    if not len(part):
        empty = {"sum": 0.0, "prod": 1.0, "mean": float("nan"), "max": -torch.inf, "min": torch.inf}
        start = empty[reduce] if initial is None else float(initial)
        return torch.full(part.shape[1:], start, dtype=part.dtype)
    if reduce == "sum":
        return part.sum(0) + (initial or 0)
    if reduce == "mean":
        return (part.sum(0) + (initial or 0)) / len(part)
    if reduce == "prod":
        return part.prod(0) * (1 if initial is None else initial)
    best = torch.amax if reduce == "max" else torch.amin
    found = best(part, 0)
    if initial is None:
        return found
    return best(torch.stack([found, torch.full_like(found, initial)]), 0)
