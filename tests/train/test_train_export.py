"""Networks that leave PyTorch give the scores that they gave there. Slow: PyTorch takes seconds to start."""

import argparse
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from miles_deep.errors import ModelError
from miles_deep.train import export_pt2, export_timm
from miles_deep.train.extra import need

pytestmark = pytest.mark.slow

needs_train = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "timm", "onnxscript", "safetensors"))),
    reason="PyTorch is not installed here: pip install 'miles-deep[train]'",
)


def scores(onnx: bytes, pictures: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pictures})[0]


def pictures(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(count, 3, height, width)).astype(np.float32)


def scores_in_torch(network: Any, batch: np.ndarray) -> np.ndarray:
    import torch

    with torch.no_grad():
        return network(torch.from_numpy(batch)).numpy()


@pytest.fixture(scope="module")
def small():
    """A network of timm with random weights for five labels."""
    import torch

    from miles_deep.train.extra import need_timm

    torch.manual_seed(1)
    return need_timm().create_model("mobilenetv3_small_050", num_classes=5).eval()


@needs_train
@pytest.mark.filterwarnings("ignore")  # those of torch are for its own authors
class TestWithTorch:
    @pytest.mark.parametrize("suffix", ["safetensors", "pth", "pth.tar"])
    def test_own_weights_of_an_architecture(self, small, tmp_path, suffix):
        import torch
        from safetensors.torch import save_file

        path = tmp_path / f"own.{suffix}"
        if suffix == "pth.tar":  # as timm's train.py writes it
            trained = {"state_dict": {k: v * 0 for k, v in small.state_dict().items()}, "metric": np.float64(77.5)}
            averaged = {"state_dict_ema": {f"module.{k}": v for k, v in small.state_dict().items()}}
            args = argparse.Namespace(model="mobilenetv3_small_050", lr=0.1, device=torch.device("cpu"))
            optimizer = torch.optim.SGD(small.parameters(), 0.1).state_dict()
            torch.save({"epoch": 3, "args": args, "optimizer": optimizer, **trained, **averaged}, path)
        elif suffix == "pth":
            torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in small.state_dict().items()}}, path)
        else:
            save_file(small.state_dict(), path)
        exported = export_timm("mobilenetv3_small_050", path)
        batch = pictures(3, 224, 224)
        np.testing.assert_allclose(scores(exported.onnx, batch), scores_in_torch(small, batch), atol=1e-5)
        assert exported.labels is None
        assert re.fullmatch(
            rf"timm [\d.]+, mobilenetv3_small_050, own\.{suffix} \(sha256 \w{{64}}\)", exported.source
        )
        spec = exported.preprocess
        assert (spec.width, spec.height, spec.resize, spec.resize_height) == (224, 224, "shortest_side", 256)
        assert spec.interpolation == "bicubic"
        assert spec.mean == pytest.approx((123.675, 116.28, 103.53))
        assert spec.scale == pytest.approx((1 / 58.395, 1 / 57.12, 1 / 57.375))
        assert str(Path(__file__).parent).encode() not in exported.onnx

    def test_a_folder_with_its_own_labels_and_preprocessing(self, small, tmp_path):
        from safetensors.torch import save_file

        config = {
            "architecture": "mobilenetv3_small_050",
            "num_classes": 5,
            "label_names": ["ant", "bee", "cat", "dog", "elk"],
            "pretrained_cfg": {
                "input_size": [3, 64, 96],
                "interpolation": "bilinear",
                "crop_pct": 0.8,
                "crop_mode": "squash",
                "mean": [0.5, 0.5, 0.5],
                "std": [0.25, 0.25, 0.25],
                "num_classes": 5,
                "license": "cc0-1.0",
                "first_conv": "conv_stem",
                "classifier": "classifier",
            },
        }
        (tmp_path / "config.json").write_text(json.dumps(config))
        save_file(small.state_dict(), tmp_path / "model.safetensors")
        exported = export_timm(f"local-dir:{tmp_path}")
        assert exported.labels == ("ant", "bee", "cat", "dog", "elk")
        assert exported.licence == "cc0-1.0"
        spec = exported.preprocess
        assert (spec.width, spec.height, spec.resize, spec.resize_width, spec.resize_height) == (
            (96, 64, "stretch", 120, 80)
        )
        assert spec.mean == (127.5,) * 3 and spec.scale == (1 / 63.75,) * 3 and spec.interpolation == "bilinear"
        batch = pictures(2, 64, 96)
        np.testing.assert_allclose(scores(exported.onnx, batch), scores_in_torch(small, batch), atol=1e-5)

    def test_labels_of_imagenet_where_there_are_as_many(self, tmp_path):
        from safetensors.torch import save_file

        from miles_deep.train.extra import need_timm

        save_file(need_timm().create_model("mobilenetv3_small_050").state_dict(), tmp_path / "w.safetensors")
        labels = export_timm("mobilenetv3_small_050", tmp_path / "w.safetensors").labels
        assert labels[281] == "n02123045 tabby, tabby cat" and len(labels) == 1000

    @pytest.mark.parametrize("any_batch", [True, False])
    def test_a_program_of_torch_export(self, tmp_path, any_batch):
        import torch

        torch.manual_seed(2)
        network = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, 2, padding=1),
            torch.nn.BatchNorm2d(8),
            torch.nn.GELU(approximate="tanh"),
            torch.nn.AdaptiveAvgPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(32, 4),
        ).eval()
        batch = pictures(3, 20, 30)
        sizes = ({0: torch.export.Dim("batch")},) if any_batch else None
        program = torch.export.export(network, (torch.from_numpy(batch),), dynamic_shapes=sizes)
        torch.export.save(program, tmp_path / "net.pt2")
        exported = export_pt2(tmp_path / "net.pt2")
        np.testing.assert_allclose(scores(exported.onnx, batch), scores_in_torch(network, batch), atol=1e-5)
        if any_batch:
            np.testing.assert_allclose(
                scores(exported.onnx, batch[:1]), scores_in_torch(network, batch[:1]), atol=1e-5
            )
        assert exported.preprocess is None and exported.labels is None
        assert exported.source.startswith("net.pt2 (sha256 ")

    def test_a_program_that_would_write_a_file(self, tmp_path):
        from program_writing import described, write_program

        program = described()
        node = program["graph_module"]["graph"]["nodes"][0]
        for target in ("save.default", "from_file.default", "mul.left_t", "__class__.mro", "no_such.default"):
            node["target"] = f"torch.ops.aten.{target}"
            with pytest.raises(
                ModelError, match=r"uses 'torch\.ops\.aten\.\w+\.\w+', which is no operator on tensors"
            ):
                export_pt2(write_program(tmp_path / "net.pt2", program))

    def test_a_program_that_makes_more_than_there_is_memory(self, tmp_path):
        from program_writing import TENSOR, described, write_program

        program = described()
        graph = program["graph_module"]["graph"]
        size, value = {"as_ints": [1 << 40, 2, 3]}, {"as_float": 1.0}
        full = {
            **graph["nodes"][0],
            "target": "torch.ops.aten.full.default",
            "inputs": [{"name": "size", "arg": size, "kind": 1}, {"name": "fill_value", "arg": value, "kind": 1}],
            "outputs": [{"as_tensor": {"name": "full"}}],
            "name": "full",
        }
        graph["nodes"].insert(0, full)
        graph["nodes"][1]["inputs"][0]["arg"] = {"as_tensor": {"name": "full"}}
        graph["tensor_values"]["full"] = TENSOR  # a lie
        with pytest.raises(ModelError, match="makes a tensor of 6,597,069,766,656 numbers"):
            export_pt2(write_program(tmp_path / "net.pt2", program))

    def test_a_program_written_by_hand_is_read(self, tmp_path):
        from program_writing import write_program

        exported = export_pt2(write_program(tmp_path / "net.pt2"))
        found = scores(exported.onnx, np.ones((2, 3), np.float32))
        assert found.tolist() == [[1, 2, 3], [4, 5, 6]]

    def test_what_is_not_there(self, small, tmp_path, monkeypatch):
        from safetensors.torch import save_file

        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        monkeypatch.setenv("HF_HOME", str(tmp_path))
        with pytest.raises(ModelError, match=r"be had \(Cannot reach [^;]* enabled\); .* the file as well$"):
            export_timm("resnet18")
        with pytest.raises(ModelError, match="timm has no network 'resnet81'; did you mean resnet18"):
            export_timm("resnet81")
        with pytest.raises(ModelError, match=r"timm cannot make resnet18.nonsense"):
            export_timm("resnet18.nonsense", self._saved(small, tmp_path))
        with pytest.raises(ModelError, match=r"own.safetensors: cannot be read"):
            export_timm("resnet18", tmp_path / "no" / "own.safetensors")
        (tmp_path / "bad.safetensors").write_bytes(b"\xff" * 100)
        with pytest.raises(ModelError, match=r"bad.safetensors: not a safetensors file, or a damaged one"):
            export_timm("resnet18", tmp_path / "bad.safetensors")
        with pytest.raises(
            ModelError, match=r"own.safetensors: not the weights of resnet18: \d+ tensors are missing"
        ):
            export_timm("resnet18", self._saved(small, tmp_path))
        wide = {**small.state_dict(), "extra": small.state_dict()["classifier.bias"].clone()}
        save_file(wide, tmp_path / "wide.safetensors")
        with pytest.raises(ModelError, match="1 tensors have no place, the first of them 'extra'"):
            export_timm("mobilenetv3_small_050", tmp_path / "wide.safetensors")
        other = {**small.state_dict(), "conv_stem.weight": small.state_dict()["classifier.weight"]}
        save_file({name: values.clone() for name, values in other.items()}, tmp_path / "other.safetensors")
        with pytest.raises(ModelError, match=r"'conv_stem.weight' is 5x1024 in place of 16x3x3x3"):
            export_timm("mobilenetv3_small_050", tmp_path / "other.safetensors")

    def _saved(self, network: Any, folder: Path) -> Path:
        from safetensors.torch import save_file

        save_file(network.state_dict(), folder / "own.safetensors")
        return folder / "own.safetensors"


def test_a_missing_extra_is_named():
    with pytest.raises(ModelError) as raised:
        need("no_such_package_of_torch", "net.pt2")
    assert str(raised.value) == "net.pt2 needs no_such_package_of_torch: pip install 'miles-deep[train]'"
