"""The layers of torch.nn and small real networks: captured and right."""

import pytest
import torch
import torch.nn.functional as F
from agreement import captured_right
from hard_cases import drawn
from torch import Tensor, nn


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, d: int = 8, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.o = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.f1, self.f2 = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        split = self.qkv(self.n1(x)).view(b, t, 3, self.heads, d // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.f2(F.gelu(self.f1(self.n2(x))))


class EagerBlock(Block):
    """The same with attention written out and a mask of −∞."""

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        split = self.qkv(self.n1(x)).view(b, t, 3, self.heads, d // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        scores = (q @ k.mT) / (d // self.heads) ** 0.5
        later = torch.ones(t, t, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, float("-inf")).softmax(-1)
        x = x + self.o((weights @ v).transpose(1, 2).reshape(b, t, d))
        return x + self.f2(F.gelu(self.f1(self.n2(x)), approximate="tanh"))


class Classifier(nn.Module):
    """Embedding, linear, cross entropy with all its options."""

    def __init__(self) -> None:
        super().__init__()
        self.e, self.l = nn.Embedding(11, 4, padding_idx=0), nn.Linear(4, 11)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        scores = self.l(self.e(t)).flatten(0, 1)
        return F.cross_entropy(scores, y.flatten(), label_smoothing=0.1, ignore_index=3)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 6), nn.SiLU(), nn.Linear(6, 2))


def conv_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )


IMAGE, SIGNAL, VOLUME, ROWS = (2, 2, 6, 6), (2, 4, 9), (1, 2, 4, 4, 4), (5, 4)

# name → module, the shapes of its arguments
LAYERS = {
    "Linear": (lambda: nn.Linear(4, 3), [ROWS]),
    "Bilinear": (lambda: nn.Bilinear(4, 3, 2), [ROWS, (5, 3)]),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), [SIGNAL]),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3, padding=1, dilation=2), [IMAGE]),
    "Conv2d circular": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"), [IMAGE]),
    "Conv3d": (lambda: nn.Conv3d(2, 2, 2), [VOLUME]),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 2, 3, stride=2), [SIGNAL]),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 4, 3, 2, output_padding=1), [(1, 2, 3, 3)]),
    "ConvTranspose3d": (lambda: nn.ConvTranspose3d(2, 2, 2, groups=2), [(1, 2, 2, 2, 2)]),
    "MaxPool1d": (lambda: nn.MaxPool1d(2), [SIGNAL]),
    "MaxPool2d": (lambda: nn.MaxPool2d(3, 2, 1), [IMAGE]),
    "MaxPool3d": (lambda: nn.MaxPool3d(2), [VOLUME]),
    "AvgPool1d": (lambda: nn.AvgPool1d(3, 2), [SIGNAL]),
    "AvgPool2d": (lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False), [IMAGE]),
    "AvgPool3d": (lambda: nn.AvgPool3d(2), [VOLUME]),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d((4, 3)), [IMAGE]),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(2), [IMAGE]),
    "LPPool2d": (lambda: nn.LPPool2d(2, 2), [IMAGE]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), [ROWS]),
    "BatchNorm2d in evaluation": (lambda: nn.BatchNorm2d(2).eval(), [IMAGE]),
    "BatchNorm3d": (lambda: nn.BatchNorm3d(2), [VOLUME]),
    "LayerNorm": (lambda: nn.LayerNorm(4), [ROWS]),
    "RMSNorm": (lambda: nn.RMSNorm(4), [ROWS]),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [SIGNAL]),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(2, affine=True), [IMAGE]),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(2), [IMAGE]),
    "PReLU": (lambda: nn.PReLU(4), [ROWS]),
    "Softmax": (lambda: nn.Softmax(-1), [ROWS]),
    "GLU": (nn.GLU, [ROWS]),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2), [(3, 2, 4)] * 3),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 6, 0.0), [(3, 2, 4)]),
    "TransformerDecoderLayer": (lambda: nn.TransformerDecoderLayer(4, 2, 6, 0.0), [(3, 2, 4)] * 2),
    "RNNCell": (lambda: nn.RNNCell(4, 3), [ROWS, (5, 3)]),
    "GRUCell": (lambda: nn.GRUCell(4, 3), [ROWS, (5, 3)]),
    "RNN": (lambda: nn.RNN(4, 3), [(4, 2, 4)]),
    "LSTM of two layers": (lambda: nn.LSTM(4, 3, 2), [(4, 2, 4)]),
    "GRU in both directions": (lambda: nn.GRU(4, 3, bidirectional=True), [(4, 2, 4)]),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), [(1, 4, 2, 2)]),
    "Upsample bilinear": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), [(1, 2, 3, 3)]),
    "Unfold": (lambda: nn.Unfold(2), [IMAGE]),
    "Fold": (lambda: nn.Fold((3, 3), 2), [(1, 8, 4)]),
    "CosineSimilarity": (nn.CosineSimilarity, [ROWS, ROWS]),
    "PairwiseDistance": (nn.PairwiseDistance, [ROWS, ROWS]),
    "TripletMarginLoss": (nn.TripletMarginLoss, [ROWS, ROWS, ROWS]),
    "Dropout": (lambda: nn.Dropout(0.5), [ROWS]),
    "MLP": (mlp, [ROWS]),
    "conv net": (conv_net, [(2, 2, 8, 8)]),
    "pre-norm block": (Block, [(2, 3, 8)]),
    "block with a mask": (EagerBlock, [(2, 3, 8)]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_module_is_captured_and_right(name):
    """The adjoints of inputs and parameters are torch's gradients."""
    make, shapes = LAYERS[name]
    torch.manual_seed(0)
    captured_right(make(), *(drawn(*shape) for shape in shapes))


def test_an_lstm_cell_takes_its_state_as_a_tuple():
    """Nested tensors are inputs too, and both outputs are differentiated."""
    torch.manual_seed(0)
    state = (drawn(5, 3), drawn(5, 3))
    captured = captured_right(nn.LSTMCell(4, 3), drawn(5, 4), state)

    assert len(captured.outputs) == 2
    assert {"input", "hx_0", "hx_1", "weight_ih"} <= set(captured.inputs)


def test_indices_are_constants():
    """Of an embedding with cross entropy the parameters alone are inputs."""
    torch.manual_seed(0)
    t, y = torch.randint(0, 11, (2, 5)), torch.randint(0, 11, (2, 5))
    captured = captured_right(Classifier(), t, y)

    assert set(captured.inputs) == {"e_weight", "l_weight", "l_bias"}
