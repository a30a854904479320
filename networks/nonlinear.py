"""Nonlinear comparison operators, which the paper's conclusion leaves to future work.

Operators with weights start as the subtraction, so that each adds capacity to a known baseline and
differences between systems are due to the training of these weights.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from posed_spontaneous.networks.comparison import ComparisonOperator
from posed_spontaneous.runtime.errors import InputError


class AbsoluteDifference(ComparisonOperator):
    """``Z = |X - Y|``: FC-Siam-diff (Daudt, Le Saux and Boulch 2018)."""

    name = "Abs"

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        return (onset - apex).abs()


class Product(ComparisonOperator):
    """``Z = X * Y``, the Hadamard product: HadaSmileNet (2025)."""

    name = "Product"

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        return onset * apex


class Mixture(ComparisonOperator):
    """``Z = W [X, Y, |X - Y|, X * Y]`` at every pixel: InferSent (Conneau et al. 2017).

    4C² weights and no bias. W starts as ``[I, -I, 0, 0]``, the subtraction.
    """

    name = "Mixture"

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        eye, zero = torch.eye(channels), torch.zeros(channels, channels)
        self.weight = nn.Parameter(torch.cat([eye, -eye, zero, zero], dim=1))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        parts = [onset, apex, (onset - apex).abs(), onset * apex]
        return _combine(torch.cat(parts, dim=1), self.weight)


class Concatenation(ComparisonOperator):
    """``Z = V relu(W [X, Y] + b)`` at every pixel: FC-Siam-conc (Daudt et al. 2018).

    6C² weights and 2C biases. W starts as ``[[I, -I], [-I, I]]`` and V as ``[I, -I]``, which is
    the subtraction, since ``relu(D) - relu(-D) = D``.
    """

    name = "Concat"

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        signs = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
        self.hidden = nn.Parameter(torch.kron(signs, torch.eye(channels)))
        self.bias = nn.Parameter(torch.zeros(2 * channels))
        self.output = nn.Parameter(torch.kron(signs[:1], torch.eye(channels)))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        hidden = _combine(torch.cat([onset, apex], dim=1), self.hidden, self.bias)
        return _combine(torch.relu(hidden), self.output)


class GatedDifference(ComparisonOperator):
    """``Z = 2 sigmoid(W [X, Y] + b) * (X - Y)``: each difference counts by what is compared.

    The gates are those of highway networks (Srivastava et al. 2015). 2C² weights and C biases
    start at zero, so all gates are 1: the subtraction.
    """

    name = "Gated"

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.weight = nn.Parameter(torch.zeros(channels, 2 * channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        gates = _combine(torch.cat([onset, apex], dim=1), self.weight, self.bias)
        return 2 * torch.sigmoid(gates) * (onset - apex)


class Correlation(ComparisonOperator):
    """``Z = X - Y + W c``, with c the correlations of X with Y nearby: FlowNet-C (Fischer 2015).

    ``c_d(p)`` is the cosine between the channels of X at pixel p and those of Y at ``p + d``, for
    each shift d of a window, 0 outside of the map. Motion between the images moves its maximum.
    The ``C * window²`` weights start at zero: the subtraction.

    Args:
        channels: Channels C of the compared maps.
        window: Side of the square of shifts, an odd number of pixels; 1 compares in place.

    Raises:
        InputError: If the window is not odd.
    """

    name = "Correlation"

    def __init__(self, channels: int, window: int = 3) -> None:
        super().__init__(channels)
        if window < 1 or window % 2 == 0:
            raise InputError(
                f"comparison.op.window: got {window}, expected an odd number of pixels, 1 or more"
            )
        self.window = window
        self.weight = nn.Parameter(torch.zeros(channels, window**2))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        return onset - apex + _combine(self.correlate(onset, apex), self.weight)

    def correlate(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Correlations ``(B, window², H, W)`` from -1 to 1, row by row of the window."""
        height, width = onset.shape[-2:]
        onset = functional.normalize(onset, dim=1)
        reach = self.window // 2
        apex = functional.pad(functional.normalize(apex, dim=1), (reach,) * 4)
        shifts = range(self.window)
        moved = [apex[..., y : y + height, x : x + width] for y in shifts for x in shifts]
        return torch.stack([(onset * near).sum(1) for near in moved], dim=1)


class LowRankBilinear(ComparisonOperator):
    """``Z = X - Y + P (U X * V Y)`` at every pixel: low-rank bilinear pooling (Kim et al. 2017).

    ``3 * rank * C`` weights and no bias. U and V start at random, with the variance that keeps
    that of their input, and P at zero: the subtraction.

    Args:
        channels: Channels C of the compared maps.
        rank: Number of products; the channels if it is None.

    Raises:
        InputError: If the rank is below 1.
    """

    name = "Bilinear"

    def __init__(self, channels: int, rank: int | None = None) -> None:
        super().__init__(channels)
        rank = channels if rank is None else rank
        if rank < 1:
            raise InputError(f"comparison.op.rank: got {rank}, expected 1 or more, or null")
        self.onset, self.apex = (_draw_weights(rank, channels) for _ in range(2))
        self.output = nn.Parameter(torch.zeros(channels, rank))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        products = _combine(onset, self.onset) * _combine(apex, self.apex)
        return onset - apex + _combine(products, self.output)


class CrossAttention(ComparisonOperator):
    """``Z = X - Y + P A``: each pixel of the apex looks for its like in the whole onset.

    A is scaled dot-product attention (Vaswani et al. 2017) with queries ``Q Y``, keys ``K X`` and
    values ``V X``: one head of C channels, without positions. 4C² weights and no bias. Q, K and V
    start at random, and P at zero: the subtraction.
    """

    name = "Attention"

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.query, self.key, self.value = (_draw_weights(channels, channels) for _ in range(3))
        self.output = nn.Parameter(torch.zeros(channels, channels))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        query, key, value = (
            _combine(maps, weight).flatten(2).transpose(1, 2)
            for maps, weight in ((apex, self.query), (onset, self.key), (onset, self.value))
        )
        # Written out, since torch's fused form has no batched form for packed training.
        likeness = torch.softmax(query @ key.transpose(1, 2) / self.channels**0.5, dim=2)
        found = (likeness @ value).transpose(1, 2).reshape(onset.shape)
        return onset - apex + _combine(found, self.output)


def _combine(maps: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Weighted sums over channels ``(outputs, inputs)`` at every pixel: a 1x1 convolution."""
    return functional.conv2d(maps, weight[:, :, None, None], bias)


def _draw_weights(outputs: int, inputs: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(outputs, inputs) * inputs**-0.5)
