"""A detector in the manner of FOMO: the first seven blocks of MobileNetV2 (width 0.35), cut where the grid is
an eighth of the picture, and two 1x1 convolutions that name each cell: background or one of the labels.

The network is a list of layers, because the same list is trained, folded, quantised and written as TFLite.
"""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

INPUT_SIZE = 96
GRID_SIZE = 12


@dataclass
class Layer:
    """A convolution, or (`adds_to` set) the sum of its input and the named layer's output."""

    name: str
    inputs: int = 0
    outputs: int = 0
    kernel: int = 1
    stride: int = 1
    depthwise: bool = False
    relu6: bool = False
    adds_to: str | None = None


def describe(class_count):
    """All layers in the order of execution; each takes the output of the one before it."""
    layers = [Layer("stem", 3, 16, 3, 2, relu6=True)]
    layers += inverted_residual("block_0", 16, 8, expansion=1)
    layers += inverted_residual("block_1", 8, 8, stride=2)
    layers += inverted_residual("block_2", 8, 8)
    layers += inverted_residual("block_3", 8, 16, stride=2)
    layers += inverted_residual("block_4", 16, 16)
    layers += inverted_residual("block_5", 16, 16)
    layers.append(Layer("block_6_expand", 16, 96, relu6=True))
    layers.append(Layer("head", 96, 32, relu6=True))
    layers.append(Layer("logits", 32, class_count))
    return layers


def inverted_residual(name, inputs, outputs, stride=1, expansion=6):
    wide = inputs * expansion
    layers = []
    if expansion > 1:
        layers.append(Layer(f"{name}_expand", inputs, wide, relu6=True))
    layers.append(Layer(f"{name}_depthwise", wide, wide, 3, stride, depthwise=True, relu6=True))
    layers.append(Layer(f"{name}_project", wide, outputs))
    if stride == 1 and inputs == outputs:
        layers.append(Layer(f"{name}_add", adds_to=name))
    return layers


def padding_before(layer):
    """TFLite's SAME padding for even sizes: one pixel around, or right and below only for stride 2."""
    if layer.kernel == 1:
        return None
    return (0, 1, 0, 1) if layer.stride == 2 else (1, 1, 1, 1)


def block_of(name):
    """`block_4_expand` -> `block_4`"""
    return name.rsplit("_", 1)[0]


class Network(nn.Module):
    """Pictures (batch x 3 x 96 x 96, values 0..1) to logits (batch x classes x 12 x 12)."""

    def __init__(self, class_count):
        super().__init__()
        self.layers = describe(class_count)
        self.convolutions = nn.ModuleDict()
        self.norms = nn.ModuleDict()
        for layer in self.layers:
            if layer.adds_to is not None:
                continue
            last = layer.name == "logits"
            self.convolutions[layer.name] = nn.Conv2d(
                layer.inputs,
                layer.outputs,
                layer.kernel,
                layer.stride,
                groups=layer.inputs if layer.depthwise else 1,
                bias=last,
            )
            if not last:
                self.norms[layer.name] = nn.BatchNorm2d(layer.outputs)

    def forward(self, x, observe=None):
        starts = {}  # what each block began with, for its sum
        for layer in self.layers:
            if layer.name.startswith("block_"):
                starts.setdefault(block_of(layer.name), x)
            if layer.adds_to is not None:
                x = x + starts[layer.adds_to]
            else:
                padding = padding_before(layer)
                x = self.convolutions[layer.name](x if padding is None else F.pad(x, padding))
                if layer.name in self.norms:
                    x = self.norms[layer.name](x)
                if layer.relu6:
                    x = F.relu6(x)
            if observe is not None:
                observe(layer.name, x)
        return x

    def folded(self):
        """Weights (outputs x inputs x kernel x kernel) and biases with the batch norm folded in, float64."""
        result = OrderedDict()
        for name, convolution in self.convolutions.items():
            weight = convolution.weight.detach().double()
            if name not in self.norms:
                result[name] = (weight.numpy(), convolution.bias.detach().double().numpy())
                continue
            norm = self.norms[name]
            gain = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            bias = norm.bias.detach().double() - gain * norm.running_mean.double()
            result[name] = ((weight * gain[:, None, None, None]).numpy(), bias.numpy())
        return result
