# SPDX-License-Identifier: Apache-2.0
"""The encoder in torch: floating point, and the same with the integer operators' rounding.

Shapes: B batch, S sequence, E width, F feed-forward, C classes. Post-norm encoder layers as in
BERT, no padding mask because the hardware has none; every activation that is int8 on the machine
passes a Point, which observes its range or rounds to its grid (straight-through gradient).
"""
import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional

FLOAT, OBSERVE, INTEGER = "float", "observe", "integer"
LEVELS = 127
INITIAL = 0.02  # standard deviation of the tables at first, as in BERT
EXP_UNIT = 256
INVERSE_NUMERATOR = 255 * 256


@dataclasses.dataclass(frozen=True)
class Shape:
    """Sizes of an encoder; projection is that of one head.

    Width, projection, feed_forward and sequence are multiples of 64, as ITA wants them.
    """

    vocabulary: int
    width: int
    heads: int
    projection: int
    feed_forward: int
    layers: int
    sequence: int
    classes: int
    is_pooled: bool


def straight_through(rounded, value):
    """`rounded` forward, the gradient of `value` backward."""
    return value + (rounded - value).detach()


class Point(nn.Module):
    """An activation that is int8 on the machine.

    scale: value of one step, 0 until observed. clip: quantile of |value| that becomes 127.
    """

    def __init__(self, clip=1.0):
        super().__init__()
        self.mode = FLOAT
        self.clip = clip
        self.register_buffer("scale", torch.zeros(()))

    def forward(self, value):
        if self.mode == OBSERVE:
            sizes = value.detach().abs().flatten()
            if self.clip < 1:
                kept = max(1, int(sizes.numel() * (1 - self.clip)))
                bound = sizes.topk(kept).values[-1]
            else:
                bound = sizes.max()
            self.scale = torch.maximum(self.scale, bound / LEVELS)
        if self.mode != INTEGER:
            return value
        steps = torch.clamp(value / self.scale, -LEVELS - 1, LEVELS)
        return straight_through(torch.round(steps) * self.scale, steps * self.scale)


class Dense(nn.Linear):
    """Linear layer whose weights are int8 in integer mode, one scale for the whole matrix.

    mask: 1 where a weight may differ from 0. block: edge of pruned blocks, or None.
    """

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.mode = FLOAT
        self.block = None
        self.register_buffer("mask", torch.ones(outputs, inputs))

    def weight_scale(self):
        """Value of one step of the int8 weights; any will do when all are pruned."""
        largest = (self.weight * self.mask).detach().abs().max()
        return torch.where(largest > 0, largest, torch.ones(())) / LEVELS

    def forward(self, value):
        weight = self.weight * self.mask
        if self.mode == INTEGER:
            scale = self.weight_scale()
            weight = straight_through(torch.round(weight / scale) * scale, weight)
        return functional.linear(value, weight, self.bias)


class Attention(nn.Module):
    """Softmax attention of H heads; in integer mode ITA's: one step of a logit is a factor of 2."""

    def __init__(self, heads, clip):
        super().__init__()
        self.heads = heads
        self.mode = FLOAT
        self.window = 0
        self.out = Point(clip)

    def _probabilities(self, logits):
        if self.mode != INTEGER:
            return torch.softmax(logits, -1)
        exact = torch.softmax(logits, -1)
        with torch.no_grad():
            steps = torch.clamp(torch.round(logits / math.log(2)), -LEVELS - 1, LEVELS)
            power = torch.exp2(steps - steps.amax(-1, keepdim=True))
            total = torch.floor(EXP_UNIT * power).sum(-1, keepdim=True)
            inverse = torch.floor(INVERSE_NUMERATOR / total)
            rounded = torch.floor(inverse * power) / (EXP_UNIT - 1)
        return straight_through(rounded, exact)

    def forward(self, query, key, value):
        batch, sequence, columns = query.shape
        split = (batch, sequence, self.heads, columns // self.heads)
        query, key, value = (part.view(split).transpose(1, 2) for part in (query, key, value))
        logits = query @ key.transpose(2, 3) / math.sqrt(split[3])
        if self.window:
            place = torch.arange(sequence)
            far = (place[:, None] - place[None, :]).abs() > self.window // 2
            logits = logits.masked_fill(far, -1e4)
        mixed = self._probabilities(logits) @ value
        return self.out(mixed.transpose(1, 2).reshape(batch, sequence, columns))


class ChannelDropout(nn.Module):
    """Dropout of whole channels of [B][S][E] or [B][E]: one random number for a sequence."""

    def __init__(self, probability):
        super().__init__()
        self.kept = 1 - probability

    def forward(self, value):
        if not self.training or self.kept == 1:
            return value
        size = (value.shape[0],) + (1,) * (value.dim() - 2) + (value.shape[-1],)
        return value * (torch.rand(size) < self.kept) / self.kept


class Gelu(nn.Module):
    """GELU; in integer mode with ITA's second-order polynomial for erf (I-BERT)."""

    SLOPE, LIMIT = -0.2888, -1.769

    def __init__(self):
        super().__init__()
        self.mode = FLOAT

    def forward(self, value):
        if self.mode != INTEGER:
            return functional.gelu(value)
        size = torch.clamp(value.abs() / math.sqrt(2), max=-self.LIMIT)
        erf = torch.sign(value) * (self.SLOPE * (size + self.LIMIT) ** 2 + 1)
        return value * (erf + 1) / 2


class Norm(nn.LayerNorm):
    """LayerNorm; in integer mode with the kernel's whole-numbered mean and deviation."""

    def __init__(self, width):
        super().__init__(width)
        self.mode = FLOAT

    def forward(self, value, scale):
        """`scale` is that of the int8 input."""
        exact = super().forward(value)
        if self.mode != INTEGER:
            return exact
        with torch.no_grad():
            steps = torch.round(value / scale)
            centred = steps - torch.trunc(steps.mean(-1, keepdim=True))
            variance = torch.floor((centred**2).mean(-1, keepdim=True)) + 1
            rounded = centred / torch.floor(torch.sqrt(variance)) * self.weight + self.bias
        return straight_through(rounded, exact)


class Layer(nn.Module):
    """One encoder layer: attention and feed-forward, each with residual add and LayerNorm."""

    def __init__(self, shape, dropout, clip):
        super().__init__()
        width, inner = shape.width, shape.feed_forward
        columns = shape.heads * shape.projection
        self.query, self.key, self.value = (Dense(width, columns) for _ in range(3))
        self.query_out, self.key_out, self.value_out = (Point(clip) for _ in range(3))
        self.attention = Attention(shape.heads, clip)
        self.output = Dense(columns, width)
        self.output_out, self.sum1_out, self.norm1_out = Point(clip), Point(clip), Point()
        self.norm1 = Norm(width)
        self.up = Dense(width, inner)
        self.up_out, self.gelu_out = Point(clip), Point(clip)
        self.gelu = Gelu()
        self.down = Dense(inner, width)
        self.down_out, self.sum2_out, self.norm2_out = Point(clip), Point(clip), Point()
        self.norm2 = Norm(width)
        self.dropout = ChannelDropout(dropout)

    def forward(self, value):
        mixed = self.attention(self.query_out(self.query(value)), self.key_out(self.key(value)),
                               self.value_out(self.value(value)))
        mixed = self.dropout(self.output_out(self.output(mixed)))
        total = self.sum1_out(value + mixed)
        value = self.norm1_out(self.norm1(total, self.sum1_out.scale))
        inner = self.gelu_out(self.gelu(self.up_out(self.up(value))))
        inner = self.dropout(self.down_out(self.down(inner)))
        total = self.sum2_out(value + inner)
        return self.norm2_out(self.norm2(total, self.sum2_out.scale))


class Network(nn.Module):
    """Token numbers [B][S] to scores: [B][C] of the mean over the sequence, else [B][S][C]."""

    def __init__(self, shape, dropout=0.1, clip=0.9999):
        super().__init__()
        self.shape = shape
        self.table = nn.Embedding(shape.vocabulary, shape.width)
        self.position = nn.Parameter(torch.randn(shape.sequence, shape.width) * INITIAL)
        nn.init.normal_(self.table.weight, std=INITIAL)
        self.embedding_out = Point()
        self.norm_out = Point()
        self.norm = Norm(shape.width)
        self.dropout = ChannelDropout(dropout)
        self.layers = nn.ModuleList(Layer(shape, dropout, clip) for _ in range(shape.layers))
        self.classifier = Dense(shape.width, shape.classes)

    def set_mode(self, mode):
        """FLOAT, OBSERVE (ranges of the points) or INTEGER (rounding as on the machine)."""
        for module in self.modules():
            if hasattr(module, "mode"):
                module.mode = mode

    def set_window(self, window):
        """Limits attention to the nearest `window` tokens, 0: to none."""
        for layer in self.layers:
            layer.attention.window = window

    def points(self):
        """All activation points by name."""
        return {name: module for name, module in self.named_modules() if isinstance(module, Point)}

    def embedded(self, tokens):
        """Sum of the token's and the position's row [B][S][E]; int8 tables' grid."""
        tokens_part = self.table(tokens)
        place = self.position[:tokens.shape[1]]
        if self.embedding_out.mode == INTEGER:
            scale = self.embedding_out.scale
            tokens_part, place = (
                straight_through(torch.clamp(torch.round(part / scale), -128, LEVELS) * scale,
                                 part) for part in (tokens_part, place))
        return self.embedding_out(tokens_part + place)

    def forward(self, tokens):
        value = self.norm(self.embedded(tokens), self.embedding_out.scale)
        value = self.dropout(self.norm_out(value))
        for layer in self.layers:
            value = layer(value)
        if self.shape.is_pooled:
            mean = value.mean(1)
            if self.classifier.mode == INTEGER:
                scale = self.layers[-1].norm2_out.scale
                mean = straight_through(torch.round(mean / scale) * scale, mean)
            value = mean
        return self.classifier(self.dropout(value))


def parameter_count(network):
    """Number of trained parameters, tables included."""
    return sum(parameter.numel() for parameter in network.parameters())
