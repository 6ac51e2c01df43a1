"""Networks whose pictures are grey: these are what Pillow makes of colours, and then what everybody trains on."""

from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import pytest
from classifiers import Graph, frames, network, saved, softmax
from numpy.testing import assert_allclose
from PIL import Image

from miles_deep.errors import OptionError
from miles_deep.model.onnx_import import import_onnx
from miles_deep.model.preprocess import Preprocess

SIDE = 8

LAYOUTS = ("nchw", "nhwc")


def flat(layout: str = "nchw", type: Literal["float32", "uint8"] = "float32", labels: int = 3) -> onnx.ModelProto:
    """A network that weighs every pixel of a grey picture."""
    graph = Graph(type)
    current = graph.add("Cast", "pictures", to=onnx.TensorProto.FLOAT) if type == "uint8" else "pictures"
    current = graph.add("Flatten", current)
    current = graph.add("MatMul", current, graph.weight(SIDE * SIDE, labels, low=-0.03, high=0.03))
    shape = ["N", 1, SIDE, SIDE] if layout == "nchw" else ["N", SIDE, SIDE, 1]
    return network(graph, current, shape, ["N", labels])


def pictures() -> np.ndarray:
    """Of the input's size, and with every 64th colour."""
    step = np.arange(0, 256, 4, dtype=np.uint8)
    every = np.stack(np.meshgrid(step, step, step), axis=-1).reshape(-1, SIDE, SIDE, 3)
    return np.concatenate([every[::64], np.array(frames()[:, :SIDE, :SIDE])])


def right(made: onnx.ModelProto, grey: np.ndarray) -> np.ndarray:
    weights = onnx.numpy_helper.to_array(made.graph.initializer[0]).astype(np.float64)
    return softmax(grey.reshape(len(grey), -1) @ weights)


def in_grey() -> np.ndarray:
    return np.stack([np.asarray(Image.fromarray(one).convert("L")) for one in pictures()])


@pytest.mark.parametrize("device", ["cpu", "onnxruntime"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pictures_become_grey_as_pillow_makes_them(layout: str, device: str, tmp_path: Path) -> None:
    (own := tmp_path / "own.toml").write_text("white = 1\nmean = 0.1307\nstd = 0.3081\n")
    one = import_onnx(saved(made := flat(layout), tmp_path), preprocess=own)
    scores = one.model.on(device, "f32").infer(pictures())
    assert_allclose(scores, right(made, (in_grey() / 255 - 0.1307) / 0.3081), atol=1e-5)
    told = dict(one.understood)["preprocessing"]
    assert told.endswith("stretched to 8 x 8 (bilinear), grey, (0 to 255 - 33.3285) / 78.5655")


@pytest.mark.parametrize("name", ["raw", "raw-bgr"])
def test_bytes_are_rounded_as_pillow_does(name: str, tmp_path: Path) -> None:
    """To the last bit, or scores of whole numbers would be off."""
    one = import_onnx(saved(made := flat(type="uint8"), tmp_path), preprocess=name)
    assert_allclose(one.model.on("onnxruntime").infer(pictures()), right(made, in_grey()), atol=1e-6)


def test_grey_has_one_mean(tmp_path: Path) -> None:
    path = saved(flat(), tmp_path)
    for wrong in ("imagenet", Preprocess(SIDE, SIDE, mean=(1, 2, 3))):
        with pytest.raises(OptionError, match="grey, so that mean and std must be one number each, not three"):
            import_onnx(path, preprocess=wrong)


def test_what_is_for_grey_is_not_for_colours(tmp_path: Path) -> None:
    graph = Graph("float32")
    made = network(graph, graph.add("GlobalAveragePool", "pictures"), ["N", 3, 8, 8], ["N", 3, 1, 1])
    with pytest.raises(OptionError, match="its input takes three colours, preprocessing is for grey"):
        import_onnx(saved(made, tmp_path), preprocess=Preprocess(8, 8, channels="grey"))
