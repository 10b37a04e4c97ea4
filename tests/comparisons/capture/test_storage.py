"""Views and in-place writes: whatever torch does to a storage, the graph follows."""

from collections.abc import Callable

import torch
from agreement import captured_right
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

VIEWS: list[Callable[[Tensor], Tensor]] = [
    lambda t: t.transpose(0, 1),
    lambda t: t[1:],
    lambda t: t[:, ::2],
    lambda t: t.flip(0),
    lambda t: t.unsqueeze(0).expand(2, *t.shape)[1],
    lambda t: t.reshape(-1)[: t.numel() // 2 * 2].view(2, -1),
    lambda t: t.diagonal().unsqueeze(1),
    lambda t: t.unfold(0, 2, 1)[..., 0],
]
WRITES: list[Callable[[Tensor, Tensor], object]] = [
    lambda t, s: t.add_(s),
    lambda t, s: t.mul_(s),
    lambda t, s: t.copy_(s.expand_as(t)),
    lambda t, s: t.fill_(2.0),  # noqa: ARG005 - what is written does not depend on s
    lambda t, s: t.zero_(),  # noqa: ARG005
    lambda t, s: t.sin_(),  # noqa: ARG005
    lambda t, s: t.masked_fill_(t.detach() > 0, 1.5),  # noqa: ARG005
]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(range(len(VIEWS))), max_size=3),
    st.lists(
        st.tuples(
            st.lists(st.sampled_from((0, 1, 2, 6)), max_size=2),
            st.sampled_from(range(len(WRITES))),
        ),
        max_size=3,
    ),
)
def test_views_and_writes_in_any_order(read, written):
    """Random views of random writes into views: the adjoints are torch's."""

    def function(x: Tensor, s: Tensor) -> Tensor:
        base = x * 1.0
        for path, write in written:
            part = base
            for view in path:
                part = VIEWS[view](part)
                if min(part.shape, default=0) < 2:
                    break
            WRITES[write](part, s)
        out = base
        for view in read:
            out = VIEWS[view](out)
            if out.dim() != 2 or min(out.shape) < 2:
                break
        return out

    torch.manual_seed(0)
    captured_right(function, torch.randn(4, 4).double(), torch.randn(()).double())


def test_a_number_as_exponent_in_place():
    """`pow_` with a number is `pow(tensor, number)`, not the overload of its own name."""
    x = torch.tensor([0.5, 1.5, 2.0], dtype=torch.float64)

    assert captured_right(lambda x: (x * 1.0).pow_(-1.5), x)
