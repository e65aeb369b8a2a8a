"""Post-training quantisation to int8, by TFLite's rules: weights symmetric per output channel, activations
asymmetric per tensor with ranges seen on calibration pictures, biases int32 at input scale x weight scale."""

import numpy as np

from network import GRID_SIZE, INPUT_SIZE, block_of


class Range:
    """Smallest and largest value of each activation."""

    def __init__(self):
        self.of = {}

    def __call__(self, name, values):
        low, high = self.of.get(name, (0.0, 0.0))
        self.of[name] = min(low, float(values.min())), max(high, float(values.max()))


def activation_scale(low, high):
    """Scale and zero point that map [low, high] to int8 and 0.0 to an integer."""
    scale = np.float32((high - low) / 255)
    return float(scale), int(np.clip(round(-128 - low / float(scale)), -128, 127))


def quantize_weights(weight, channel_axis):
    others = tuple(axis for axis in range(weight.ndim) if axis != channel_axis)
    scales = np.maximum(np.abs(weight).max(axis=others), 1e-6).astype(np.float32) / np.float32(127)
    shape = [1] * weight.ndim
    shape[channel_axis] = -1
    values = np.clip(np.round(weight / scales.astype(np.float64).reshape(shape)), -127, 127)
    return values.astype(np.int8), scales


def quantize(network, ranges):
    """The network as plain data: tensors with their quantisation, and operators that name tensors by index."""
    tensors, operators = [], []

    def tensor(name, shape, kind, scale, zero_point, axis=0, values=None):
        entry = {"name": name, "shape": list(shape), "type": kind, "scale": np.ravel(scale).tolist()}
        entry["zeroPoint"] = np.ravel(zero_point).tolist()
        entry["axis"] = axis
        if values is not None:
            entry["values"] = values.ravel().tolist()
        tensors.append(entry)
        return len(tensors) - 1

    def activation(name, channels):
        scale, zero_point = activation_scale(*ranges.of[name])
        return tensor(name, (1, side, side, channels), "int8", scale, zero_point)

    side, channels = INPUT_SIZE, 3
    first = current = tensor("image", (1, side, side, channels), "int8", np.float32(1 / 255), -128)
    weights = network.folded()
    starts = {}
    for layer in network.layers:
        if layer.name.startswith("block_"):
            starts.setdefault(block_of(layer.name), current)
        if layer.adds_to is not None:
            output = activation(layer.name, channels)
            operators.append({"type": "ADD", "inputs": [current, starts[layer.adds_to]], "outputs": [output]})
            current = output
            continue

        weight, bias = weights[layer.name]
        # From outputs x inputs x kernel x kernel to TFLite's orders.
        order, axis = ((1, 2, 3, 0), 3) if layer.depthwise else ((0, 2, 3, 1), 0)
        weight = weight.transpose(order)
        values, scales = quantize_weights(weight, axis)
        weight_index = tensor(f"{layer.name}/weights", weight.shape, "int8", scales, [0] * len(scales), axis, values)
        bias_scales = np.float32(tensors[current]["scale"][0]) * scales
        bias_values = np.round(bias / bias_scales.astype(np.float64)).astype(np.int32)
        bias_index = tensor(
            f"{layer.name}/bias", bias.shape, "int32", bias_scales, [0] * len(scales), 0, bias_values
        )
        side, channels = side // layer.stride, layer.outputs
        output = activation(layer.name, channels)
        operators.append(
            {
                "type": "DEPTHWISE_CONV_2D" if layer.depthwise else "CONV_2D",
                "inputs": [current, weight_index, bias_index],
                "outputs": [output],
                "stride": layer.stride,
                "activation": "relu6" if layer.relu6 else "none",
            }
        )
        current = output

    output = tensor("probabilities", (1, GRID_SIZE, GRID_SIZE, channels), "int8", 1 / 256, -128)
    operators.append({"type": "SOFTMAX", "inputs": [current], "outputs": [output]})
    return {"tensors": tensors, "operators": operators, "inputs": [first], "outputs": [output]}
