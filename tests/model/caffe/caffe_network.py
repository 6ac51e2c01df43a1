"""Small Caffe networks with random weights, written as the two files that Caffe would write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import openvino
from google.protobuf import text_format

from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.convert import Converted, convert
from miles_deep.model.caffe.files import parse_prototxt
from miles_deep.model.caffe.weights import Weights

RANDOM = np.random.default_rng(7)


def layer(
    kind: str,
    name: str,
    bottom: Sequence[str] | str = (),
    top: str = "",
    blobs: Sequence[Any] = (),
    **params: Any,
) -> pb.LayerParameter:
    """One layer; `top` is its name where not given, `params` are the messages such as convolution_param."""
    message = pb.LayerParameter(name=name, type=kind, top=[top or name], **params)
    message.bottom.extend([bottom] if isinstance(bottom, str) else bottom)
    for values in blobs:
        message.blobs.add(shape={"dim": np.shape(values)}, data=np.ravel(values))
    return message


def picture(height: int = 9, width: int = 11, channels: int = 3, name: str = "data") -> pb.LayerParameter:
    """The Input layer."""
    return layer("Input", name, input_param={"shape": [{"dim": [1, channels, height, width]}]})


def numbers(*shape: int, low: float = -1, high: float = 1) -> np.ndarray:
    """Random weights."""
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def conv(name: str, bottom: str, inputs: int, outputs: int, kernel: int = 3, top: str = "", **setting: Any):
    """A Convolution of square kernel with a bias."""
    blobs = [numbers(outputs, inputs, kernel, kernel), numbers(outputs)]
    setting = {"num_output": outputs, "kernel_size": [kernel], **setting}
    return layer("Convolution", name, bottom, top, blobs, convolution_param=setting)


def batch_norm(name: str, bottom: str, channels: int, top: str = "", total: float = 1.0, **setting: Any):
    """A BatchNorm whose stored sums are `total` times mean and variance."""
    scale = total or 1.0
    blobs = [numbers(channels) * scale, numbers(channels, low=0.3, high=2) * scale, np.float32([total])]
    return layer("BatchNorm", name, bottom, top, blobs, batch_norm_param={"use_global_stats": True, **setting})


def scale(name: str, bottom: str, channels: int, top: str = "", **setting: Any):
    """A Scale with a bias."""
    return layer(
        "Scale",
        name,
        bottom,
        top,
        [numbers(channels), numbers(channels)],
        scale_param={"bias_term": True, **setting},
    )


def dense(name: str, bottom: str, inputs: int, outputs: int = 5, **setting: Any):
    """An InnerProduct with a bias, its weights small enough for sums of any length."""
    blobs = [numbers(outputs, inputs) / np.sqrt(inputs), numbers(outputs)]
    return layer("InnerProduct", name, bottom, "", blobs, inner_product_param={"num_output": outputs, **setting})


@dataclass
class Files:
    """A prototxt and a caffemodel on disk."""

    prototxt: Path
    weights: Path

    def ours(self, blob: np.ndarray, backend: str = "onnxruntime") -> np.ndarray:
        """What our network's last layer gives for float32 [N, 3, H, W], as Caffe would."""
        network = self.converted().network("none")[0].SerializeToString()
        if backend == "onnxruntime":
            return onnxruntime.InferenceSession(network).run(None, {"data": blob})[0]
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return np.array(compiled({"data": blob})[0])

    def converted(self) -> Converted:
        """Our graph."""
        prototxt = parse_prototxt(self.prototxt.read_bytes(), self.prototxt)
        return convert(prototxt, Weights(self.weights.read_bytes(), self.weights, self.prototxt))

    def opencv(self, blob: np.ndarray) -> np.ndarray:
        """The same of OpenCV's own reader of Caffe files."""
        network = cv2.dnn.readNetFromCaffe(str(self.prototxt), str(self.weights))
        network.setInput(blob)
        return network.forward()


def write(folder: Path, *layers: pb.LayerParameter, **fields: Any) -> Files:
    """Write a network; `fields` are further fields of NetParameter, for the prototxt."""
    network = pb.NetParameter(name="small", **fields)
    network.layer.extend(layers)
    files = Files(folder / "net.prototxt", folder / "net.caffemodel")
    files.weights.write_bytes(network.SerializeToString())
    for one in network.layer:
        del one.blobs[:]
    files.prototxt.write_text(text_format.MessageToString(network))
    return files


def pictures(height: int = 9, width: int = 11, count: int = 2) -> np.ndarray:
    """Random network inputs, float32 [N, 3, H, W]."""
    return numbers(count, 3, height, width, low=-2, high=2)
