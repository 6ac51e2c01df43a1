# ruff: noqa: E501 (a case a line reads better than a case in three)
"""Files that are broken, swapped, hostile or not of one network: each is one line that names file and cause."""

import re
import time
from collections.abc import Callable

import pytest
from caffe_network import Files, batch_norm, conv, dense, layer, numbers, picture, scale, write
from google.protobuf import text_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miles_deep.errors import CaffeError, MilesDeepError, ModelError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe import import_caffe

GOOD = [
    picture(),
    conv("c", "data", 3, 4),
    batch_norm("bn", "c", 4, top="c"),
    scale("sc", "c", 4, top="c"),
    layer("ReLU", "re", "c", "c"),
    layer("Pooling", "pool", "c", pooling_param={"kernel_size": 2, "stride": 2}),
    dense("fc", "pool", 4 * 4 * 5),
    layer("Softmax", "prob", "fc"),
]


@pytest.fixture
def files(tmp_path) -> Files:
    return write(tmp_path, *GOOD)


def the_one_line(*arguments, error: type[ModelError] = CaffeError, **options) -> str:
    """The message of the import's failure, which comes soon and is one line of bearable length."""
    started = time.process_time()
    with pytest.raises(error) as caught:
        import_caffe(*arguments, **options)
    assert time.process_time() - started < 1
    message = str(caught.value)
    assert message.isprintable() and len(message) < 700
    return message


# A prototxt that is no prototxt, or describes nothing that can be: what to make of the good text, and
# what the message must say.
Change = Callable[[str], str | bytes]
TEXTS: dict[str, tuple[Change, str]] = {
    "empty": (lambda text: "", "empty"),
    "prose": (lambda text: "This is a letter, not a network.\n", "not a Caffe prototxt"),
    "cut in a block": (lambda text: text[:400], "not a Caffe prototxt"),
    "cut in a string": (lambda text: text[: text.index('"data"') + 3], "not a Caffe prototxt"),
    "one brace more": (lambda text: text + "}", "not a Caffe prototxt"),
    "no layers": (lambda text: 'name: "nothing"', "no layers"),
    "random bytes": (lambda text: bytes(range(256)) * 40, "not a text file"),
    "UTF-16": (lambda text: text.encode("utf-16"), "not a text file"),
    "deep nesting": (lambda text: "layer {" * 50_000, "not a Caffe prototxt"),
    "deep nesting, unknown": (lambda text: "x {" * 50_000, "not a Caffe prototxt"),
    "one long line": (lambda text: text + "layer { pad: [" + "1, " * 300_000 + "1] }", "a line of more than"),
    "far too long": (lambda text: "#" * (1 << 20) + text, "larger than"),
    "a number of 100,000 digits": (lambda text: "input_dim: " + "9" * 100_000, "not a Caffe prototxt"),
    "a number beyond 64 bits": (lambda text: text.replace("dim: 9", "dim: 1" + "0" * 20), "not a Caffe prototxt"),
    "a kernel below zero": (lambda text: text.replace("kernel_size: 3", "kernel_size: -3"), "not a Caffe prototxt"),
    "an enum's unknown value": (lambda text: text.replace("kernel_size: 2", "pool: MEDIAN"), "not a Caffe prototxt"),
    "nothing of an input, as of 2014": (lambda text: 'layers { name: "c" type: CONVOLUTION }', "has 0"),
    "a solver": (lambda text: 'net: "a.prototxt"\nbase_lr: 0.01\n', "no layers"),
    "no input": (lambda text: text[text.index('layer {\n  name: "c"') :], "has 0"),
    "two inputs": (lambda text: text + 'layer { name: "d2" type: "Input" top: "d2" }', "has 2"),
    "input without shape": (lambda text: text.replace("dim: ", "# dim: "), "one shape of four numbers"),
    "pictures of two colours": (lambda text: text.replace("dim: 3", "dim: 2"), "2 channels; pictures have 3, or 1"),
    "a picture of no height": (lambda text: text.replace("dim: 9", "dim: 0"), "11x0"),
    "a picture of negative height": (lambda text: text.replace("dim: 9", "dim: -9"), "11x-9"),
    "a picture as wide as the world": (lambda text: text.replace("dim: 11", "dim: 4000000000"), "a side must be"),
    "a picture too large": (
        lambda text: text.replace("dim: 11", "dim: 8192").replace("dim: 9", "dim: 8192"),
        "'data' (Input) gives 3x8192x8192",
    ),
    "a result too large": (
        lambda text: text.replace("dim: 11", "dim: 8192").replace("dim: 9", "dim: 2500"),
        "'c' (Convolution) gives 4x2498x8190",
    ),
    "padding that makes it too large": (lambda text: text.replace("kernel_size: 3", "kernel_size: 3 pad: 8192"), "too many"),
    "a padding of 4 billion": (lambda text: text.replace("kernel_size: 3", "kernel_size: 3 pad: 4000000000"), "8192"),
    "a kernel beyond the map": (lambda text: text.replace("kernel_size: 2", "kernel_size: 99"), "kernel of 99"),
    "no kernel": (lambda text: text.replace("kernel_size: 2", ""), "no kernel size"),
    "a stride of 0": (lambda text: text.replace("stride: 2", "stride: 0"), "stride 0x0"),
    "pooling padded by its kernel": (lambda text: text.replace("stride: 2", "stride: 2 pad: 2"), "padding"),
    "two kinds of kernel": (lambda text: text.replace("kernel_size: 3", "kernel_size: 3 kernel_h: 3"), "as well as"),
    "half a kernel": (lambda text: text.replace("kernel_size: 3", "kernel_h: 3"), "only one of kernel_h"),
    "three strides": (lambda text: text.replace("kernel_size: 3", "kernel_size: 3 stride: [1, 1, 1]"), "3 values"),
    "groups that do not divide": (lambda text: text.replace("num_output: 4", "num_output: 4 group: 2"), "2 groups"),
    "no groups": (lambda text: text.replace("num_output: 4", "num_output: 4 group: 0"), "0 groups"),
    "no outputs": (lambda text: text.replace("num_output: 5", ""), "no num_output"),
    "an undefined bottom": (lambda text: text.replace('bottom: "pool"', 'bottom: "poool"'), "which no layer makes"),
    "a loop": (lambda text: text.replace('bottom: "data"', 'bottom: "fc"'), "loop"),
    "a layer that reads itself": (lambda text: text.replace('bottom: "fc"', 'bottom: "prob"'), "loop"),
    "a blob made twice": (lambda text: text.replace('top: "fc"', 'top: "data"'), "an earlier layer made"),
    "a name twice": (lambda text: text.replace('name: "fc"', 'name: "c"'), "more than one layer with weights has the name 'c'"),
    "two outputs": (lambda text: text.replace('bottom: "fc"', 'bottom: "pool"'), "'fc', 'prob'"),
    "a map as output": (lambda text: text[: text.index('layer {\n  name: "fc"')], "4x4x5 values"),
    "nothing but an input": (lambda text: text[: text.index('layer {\n  name: "c"')], "3x9x11 values"),
    "no top": (lambda text: text.replace('top: "prob"', ""), "it has no top"),
    "two bottoms": (lambda text: text.replace('bottom: "fc"', 'bottom: "fc" bottom: "pool"'), "reads 2 blobs"),
    "include and exclude": (lambda text: text.replace('type: "ReLU"', 'type: "ReLU" include {} exclude {}'), "include"),
    "a slope that is no number": (lambda text: text.replace('type: "ReLU"', 'type: "ReLU" relu_param { negative_slope: nan }'), "slope"),
    "eps that is no number": (lambda text: text.replace("use_global_stats: true", "eps: nan"), "variance"),
    "eps far below zero": (lambda text: text.replace("use_global_stats: true", "eps: -9"), "variance"),
    "scale beyond the axes": (lambda text: text.replace("bias_term: true", "bias_term: true num_axes: 9"), "num_axes 9"),
    "scale of no axes": (lambda text: text.replace("bias_term: true", "bias_term: true num_axes: -2"), "num_axes -2"),
    "an inner product along rows": (lambda text: text.replace("num_output: 5", "num_output: 5 axis: 2"), "wants 5x20"),
    "a top twice": (lambda text: text.replace('top: "fc"', 'top: "fc" top: "fc"'), "or it itself"),
    "two tops": (lambda text: text.replace('top: "fc"', 'top: "fc" top: "fd"'), "'fd', 'prob'"),
    "two tops, one silenced": (
        lambda text: text.replace('top: "fc"', 'top: "fc" top: "fd"') + 'layer { name: "s" type: "Silence" bottom: "fd" }',
        "has 2 tops; it makes 1",
    ),
    "a mixture of formats": (lambda text: text + 'layers { name: "c" }', "two formats"),
    "an enormous batch": (lambda text: text.replace("dim: 1\n", "dim: 9223372036854775807\n", 1) + "foo: 1", "'foo'"),
    "a setting outside layers": (lambda text: "relu6: true\n" + text, "'relu6'"),
    "inputs without shapes": (lambda text: 'input: "data"\n' + text, "for 0"),
}  # fmt: skip


TOPS = (
    'layer { name: "many" type: "Split" bottom: "prob"' + "".join(f'\ntop: "t{i}"' for i in range(20_000)) + "}\n"
)
READ = (
    'layer { name: "all" type: "Concat" top: "all" ' + "".join(f'\nbottom: "t{i}"' for i in range(20_000)) + "}\n"
)


@pytest.mark.parametrize("text", [TOPS, TOPS + READ], ids=["made", "made and read"])
def test_twenty_thousand_blobs_are_refused(files, text):
    """A backend's time grows with the square of their number, and would be minutes."""
    files.prototxt.write_text(files.prototxt.read_text() + text)
    assert "20,000 blobs" in the_one_line(files.prototxt, files.weights)


@pytest.mark.parametrize("case", TEXTS)
def test_broken_prototxt(files, case):
    change, cause = TEXTS[case]
    good = files.prototxt.read_text()
    changed = change(good)
    assert changed != good
    files.prototxt.write_bytes(changed.encode() if isinstance(changed, str) else changed)
    message = the_one_line(files.prototxt, files.weights)
    assert str(files.prototxt) in message and cause in message


UNSUPPORTED = {
    "another type": ('type: "ReLU"', 'type: "MVN"', "'re' (MVN)"),
    "an index": ('type: "Softmax"', 'type: "ArgMax"', "'prob' (ArgMax) cannot be imported: it gives the number"),
    "no type": ('type: "ReLU"', "", "'re' (no type)"),
    "data layer": ('type: "Input"', 'type: "ImageData"', "deploy.prototxt"),
    "unknown pooling": ("kernel_size: 2", "kernel_size: 2 ceil_mode: false", "'pooling_param.ceil_mode'"),
    "unknown setting of the layer": ('type: "ReLU"', 'type: "ReLU" relu6: true', "'relu6'"),
    "unknown block": ('type: "ReLU"', 'type: "ReLU" quantize_param { bits: 8 }', "'quantize_param'"),
    "random pooling": ("kernel_size: 2", "kernel_size: 2 pool: STOCHASTIC", "STOCHASTIC"),
    "batch statistics": ("use_global_stats: true", "use_global_stats: false", "'bn' (BatchNorm)"),
    "training phase": (
        "batch_norm_param {\n    use_global_stats: true\n  }",
        "phase: TRAIN",
        "'bn' (BatchNorm)",
    ),
    "convolution axis": ("num_output: 4", "num_output: 4 axis: 2", "axis: 2"),
    "inner product of the batch": ("num_output: 5", "num_output: 5 axis: 0", "axis: 0"),
    "softmax axis": ('type: "Softmax"', 'type: "Softmax" softmax_param { axis: 0 }', "axis: 0"),
    "scale of the batch": ("bias_term: true", "bias_term: true axis: 0", "axis: 0"),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_not_supported_is_named(files, case):
    old, new, cause = UNSUPPORTED[case]
    good = files.prototxt.read_text()
    assert old in good
    files.prototxt.write_text(good.replace(old, new))
    message = the_one_line(files.prototxt, files.weights, error=UnsupportedLayerError)
    assert str(files.prototxt) in message and cause in message


def test_every_layer_of_an_unsupported_type_is_listed(files):
    text = (
        files.prototxt.read_text().replace('type: "ReLU"', 'type: "SPP"').replace('type: "Scale"', 'type: "MVN"')
    )
    files.prototxt.write_text(text)
    assert "'sc' (MVN), 're' (SPP)" in the_one_line(files.prototxt, files.weights, error=UnsupportedLayerError)


def test_names_from_the_file_cannot_break_the_line(files):
    text = files.prototxt.read_text().replace('"ReLU"', r'"Re\nLU\033[31m' + "x" * 500 + '"')
    files.prototxt.write_text(text)
    assert r"Re\nLU" in the_one_line(files.prototxt, files.weights, error=UnsupportedLayerError)


def edited(change) -> Callable[[bytes], bytes]:
    """A change of the caffemodel's message as one of its bytes."""

    def apply(content: bytes) -> bytes:
        network = pb.NetParameter.FromString(content)
        change(network)
        return network.SerializeToString()

    return apply


def with_value(index: int, blob: int, value: float, where: int = 0):
    def change(network):
        network.layer[index].blobs[blob].data[where] = value

    return edited(change)


def overflow(network) -> None:
    """A variance next to nothing makes a factor of 300, times the largest Scale."""
    network.layer[2].blobs[1].data[0] = 0
    network.layer[3].blobs[0].data[0] = 3e38


# Which blob is layer 1's (convolution) first: 4x3x3x3; the rest as in GOOD.
WEIGHTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda content: b"", "empty"),
    "cut in half": (lambda content: content[: len(content) // 2], "cut short"),
    "one byte missing": (lambda content: content[:-1], "cut short"),
    "one byte more": (lambda content: content + b"\x0a", "cut short"),
    "random bytes": (lambda content: numbers(5000).tobytes(), "not a caffemodel"),
    "zeros": (lambda content: bytes(5000), "not a caffemodel"),
    "a picture": (lambda content: b"\x89PNG\r\n\x1a\n" + content, "not a caffemodel"),
    "a wrong wire type": (lambda content: b"\xa0\x06\x01" + content[3:], "caffemodel"),
    "a layer of 2 GB that is not there": (lambda content: b"\xa2\x06\xff\xff\xff\xff\x07" + content, "caffemodel"),
    "a length beyond 64 bits": (lambda content: b"\xa2\x06" + b"\xff" * 10 + content, "caffemodel"),
    "no weights": (edited(lambda network: [one.ClearField("blobs") for one in network.layer]), "without weights"),
    "two formats in one": (edited(lambda network: network.layers.add(name="c")), "two formats"),
    "a layer missing": (edited(lambda network: network.layer.pop(1)), "'c' has no weights"),
    "a layer twice": (edited(lambda network: network.layer.append(network.layer[1])), "'c' has weights twice"),
    "a blob missing": (edited(lambda network: network.layer[1].blobs.pop()), "weights of shape 4x3x3x3, "),
    "a blob more": (edited(lambda network: network.layer[2].blobs.add(data=[1])), "'bn' has weights of shape"),
    "another kernel": (
        edited(lambda network: network.layer[1].blobs[0].shape.dim.__setitem__(2, 5)),
        "of shape 4x3x5x3 and 4, ",
    ),
    "a shape of trillions": (
        edited(lambda network: network.layer[1].blobs[0].shape.dim.__setitem__(0, 1 << 60)),
        f"of shape {1 << 60}x3x3x3",
    ),
    "a negative shape": (edited(lambda network: network.layer[1].blobs[0].shape.dim.__setitem__(0, -4)), "of shape -4x"),
    "a shape of a thousand axes": (
        edited(lambda network: network.layer[1].blobs[0].shape.dim.extend([1] * 1000)),
        "of shape 4x3x3x3x1",
    ),
    "no shape": (edited(lambda network: network.layer[1].blobs[0].ClearField("shape")), "of shape 0x0x0x0"),
    "a value missing": (edited(lambda network: network.layer[1].blobs[0].data.pop()), "holds 107"),
    "a value more": (edited(lambda network: network.layer[1].blobs[0].data.append(1)), "holds 109"),
    "no values": (edited(lambda network: network.layer[1].blobs[0].ClearField("data")), "holds 0"),
    "not a number": (with_value(1, 0, float("nan"), 50), "'c' has weights that are not numbers"),
    "infinity": (with_value(6, 1, float("inf")), "'fc' has weights that are not numbers"),
    "a double beyond floats": (
        edited(lambda network: network.layer[1].blobs[1].double_data.extend([1e300] * 4)),
        "'c' has weights that are not numbers",
    ),
    "a negative variance": (with_value(2, 1, -3.0), "variance that is not positive"),
    "a scale that overflows": (edited(overflow), "'c' (Convolution) comes to weights that are not numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", WEIGHTS)
def test_broken_caffemodel(files, case):
    change, cause = WEIGHTS[case]
    good = files.weights.read_bytes()
    changed = change(good)
    assert changed != good
    files.weights.write_bytes(changed)
    message = the_one_line(files.prototxt, files.weights)
    assert cause in message
    assert str(files.weights) in message or str(files.prototxt) in message


def test_a_pair_that_does_not_fit_names_both_files_and_both_shapes(files):
    text = files.prototxt.read_text().replace("num_output: 5", "num_output: 6")
    files.prototxt.write_text(text)
    assert the_one_line(files.prototxt, files.weights) == (
        f"{files.weights}: layer 'fc' has weights of shape 5x80 and 5, {files.prototxt} wants 6x80 and 6; "
        "are the two files of the same network?"
    )


def test_swapped_files(files):
    message = the_one_line(files.weights, files.prototxt)
    assert str(files.weights) in message and "is this the prototxt" in message
    message = the_one_line(files.prototxt, files.prototxt)
    assert "not a caffemodel" in message
    files.weights.write_bytes(b"\xff\xfe" + files.weights.read_bytes())
    assert "not a text file" in the_one_line(files.weights, files.weights)


@pytest.mark.parametrize("which", range(4))
def test_a_file_that_is_not_there(files, tmp_path, which):
    paths = [files.prototxt, files.weights, None, None]
    paths[which] = tmp_path / "nowhere" / "file"
    message = the_one_line(*paths, error=ModelError)
    assert message.startswith(f"{paths[which]}: cannot be read (") and "No such file" in message


@pytest.mark.parametrize("which", range(4))
def test_a_folder_in_place_of_a_file(files, tmp_path, which):
    paths = [files.prototxt, files.weights, None, None]
    paths[which] = tmp_path
    assert the_one_line(*paths, error=ModelError) == f"{tmp_path}: not a file"


MEANS: dict[str, tuple[bytes, str]] = {
    "four channels": (pb.BlobProto(shape={"dim": [4, 1, 1]}, data=[1] * 4).SerializeToString(), "4 channels"),
    "two pictures": (pb.BlobProto(num=2, channels=3, height=1, width=1, data=[1] * 6).SerializeToString(), "one picture"),
    "values missing": (pb.BlobProto(num=1, channels=3, height=2, width=2, data=[1] * 11).SerializeToString(), "11 values"),
    "trillions declared": (pb.BlobProto(num=1, channels=3, height=1 << 40, width=9, data=[1]).SerializeToString(), "1 values"),
    "no pixels": (pb.BlobProto(num=1, channels=3).SerializeToString(), "one picture"),
    "negative": (pb.BlobProto(num=1, channels=-3, height=-1, width=1, data=[1] * 3).SerializeToString(), "one picture"),
    "not a number": (pb.BlobProto(shape={"dim": [3, 1, 1]}, data=[1, float("nan"), 1]).SerializeToString(), "not numbers"),
    "infinite both ways": (pb.BlobProto(shape={"dim": [3, 1, 2]}, data=[1, 1, float("inf"), float("-inf"), 1, 1]).SerializeToString(), "not numbers"),
    "text": (b"104 117 123\n", "not a mean file"),
    "cut short": (pb.BlobProto(shape={"dim": [3, 1, 1]}, data=[1, 2, 3]).SerializeToString()[:-1], "cut short"),
    "empty": (b"", "empty"),
}  # fmt: skip


@pytest.mark.parametrize("case", MEANS)
def test_broken_mean(files, tmp_path, case):
    content, cause = MEANS[case]
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(content)
    message = the_one_line(files.prototxt, files.weights, mean=path)
    assert message.startswith(f"{path}: ") and cause in message


def test_a_caffemodel_as_mean(files):
    message = the_one_line(files.prototxt, files.weights, mean=files.weights)
    assert message.startswith(f"{files.weights}: ") and "mean file" in message


LABELS: dict[str, tuple[bytes, str]] = {
    "one missing": (b"a\nb\nc\nd\n", "4 labels of {path} for the 5 scores it gives"),
    "one more": (b"a\nb\nc\nd\ne\nf\n", "6 labels of {path} for the 5 scores it gives"),
    "a gap": (b"a\nb\n\nd\ne\n", "label 3 is empty"),
    "empty": (b"", "no labels"),
    "blank": (b"\n \n", "no labels"),
    "Latin-1": ("é\nb\nc\nd\ne\n".encode("latin-1"), "UTF-8"),
}


@pytest.mark.parametrize("case", LABELS)
def test_broken_labels(files, tmp_path, case):
    content, cause = LABELS[case]
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    message = the_one_line(files.prototxt, files.weights, labels=path, error=ModelError)
    place = files.prototxt if "{path}" in cause else path
    assert message.startswith(f"{place}: ") and cause.format(path=path) in message


def test_labels_and_mean_given_as_values(files):
    message = the_one_line(files.prototxt, files.weights, labels=list("abcd"))
    assert message.startswith(f"{files.prototxt}: 4 labels as given for the 5 scores it gives")
    assert the_one_line(files.prototxt, files.weights, mean=[1, 2]).startswith("mean: a mean of 2 channels")
    assert "not numbers" in the_one_line(files.prototxt, files.weights, mean=[1, 2, float("nan")])
    assert "not numbers" in the_one_line(files.prototxt, files.weights, mean="104,117,nan")


FUZZ = settings(
    max_examples=150,
    deadline=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=6)), min_size=1, max_size=4
)  # where, how many bytes go, what comes in their place


def mangled(content: bytes, edits) -> bytes:
    for where, gone, new in edits:
        at = int(where * len(content))
        content = content[:at] + new + content[at + gone :]
    return content


@FUZZ
@given(EDITS)
def test_no_change_of_the_caffemodel_gets_past(files, edits):
    """Either a model or one line: no other exception, whatever the bytes."""
    path = files.weights.with_name("mangled.caffemodel")
    path.write_bytes(mangled(files.weights.read_bytes(), edits))
    check_one_line(files.prototxt, path)


@FUZZ
@given(EDITS)
def test_no_change_of_the_prototxt_gets_past(files, edits):
    path = files.prototxt.with_name("mangled.prototxt")
    path.write_bytes(mangled(files.prototxt.read_bytes(), edits))
    check_one_line(path, files.weights)


WORDS = """layer layers { } [ ] , # name: type: top: bottom: pad: stride: kernel_size: group: axis: num_axes: end_axis:
dilation: coeff: dim: order: offset: slice_point: slice_dim: concat_dim: local_size: num_output: operation: phase:
global_pooling: round_mode: shape exclude include pooling_param convolution_param scale_param eltwise_param
reshape_param slice_param lrn_param -1 0 1 2 7 99999 4294967295 1e9 true nan MAX AVE FLOOR TRAIN CONVOLUTION
"c" "data" "fc" "pool" "Input" "Pooling" "Slice" "Concat" "Reshape" "Split" "Silence" """
PARTS = st.sampled_from([*WORDS.split(), "\n"])

RICH = [
    picture(),
    layer("Deconvolution", "d", "data", "", [numbers(3, 4, 2, 2)], convolution_param={"num_output": 4, "group": 1, "kernel_size": [2], "stride": [2], "bias_term": False}),
    layer("LRN", "n", "d", lrn_param={"local_size": 3, "alpha": 0.5, "beta": 0.75, "k": 2.0}),
    layer("Crop", "crop", ["n", "data"], crop_param={"axis": 2, "offset": [1, 2]}),
    layer("Slice", "parts", "crop", slice_param={"axis": 1, "slice_point": [1]}),
    layer("Concat", "both", ["second", "first"], concat_param={"axis": 1}),
    layer("PReLU", "slopes", "both", "both", [numbers(4)]),
    layer("Bias", "bias", "both", "both", [numbers(4)], bias_param={"axis": 1, "num_axes": 1}),
    layer("Power", "power", "both", power_param={"power": 2, "scale": 0.5, "shift": 1}),
    layer("Exp", "exp", "both", exp_param={"base": 2, "scale": 0.5, "shift": 1}),
    layer("Log", "log", "exp", log_param={"base": 2, "scale": 0.5, "shift": 1}),
    layer("Eltwise", "sum", ["power", "log"], eltwise_param={"coeff": [1, -1]}),
    layer("Permute", "turned", "sum", permute_param={"order": [0, 2, 3, 1]}),
    layer("Reshape", "shaped", "turned", reshape_param={"shape": {"dim": [0, 9, 44]}, "axis": 0, "num_axes": -1}),
    layer("Reduction", "mean", "shaped", reduction_param={"operation": "MEAN", "axis": 2, "coeff": 3}),
    layer("Flatten", "flat", "mean", flatten_param={"axis": 1, "end_axis": -1}),
    layer("Softmax", "prob", "flat", softmax_param={"axis": 1}),
]  # fmt: skip
RICH[4].top[:] = ["first", "second"]

NUMBERS = """-9223372036854775808 -99999 -5 -2 -1 0 1 2 3 4 5 7 64 8191 8193 2147483647 4294967295
9223372036854775807 1e-45 1e30 -1e30 inf nan 0.5"""
ODD = st.sampled_from(NUMBERS.split())


@FUZZ
@given(st.lists(st.tuples(st.floats(0, 1), ODD), min_size=1, max_size=3))
def test_no_number_gets_past(files, edits):
    """Settings of every kind of layer, with numbers that they cannot mean."""
    rich = write(files.prototxt.parent, *RICH)
    pieces = re.split(r"(?<=: )(-?[0-9.]+)$", rich.prototxt.read_text(), flags=re.MULTILINE)
    for where, number in edits:
        pieces[int(where * (len(pieces) // 2 - 1)) * 2 + 1] = number
    rich.prototxt.write_text("".join(pieces))
    check_one_line(rich.prototxt, rich.weights)


@FUZZ
@given(st.floats(0, 1), st.lists(PARTS, max_size=6))
def test_no_word_of_the_language_gets_past(files, where, words):
    """Edits that mostly still parse, so that they reach the layers."""
    lines = files.prototxt.read_text().splitlines()
    lines.insert(int(where * len(lines)), " ".join(words))
    path = files.prototxt.with_name("mangled.prototxt")
    path.write_text("\n".join(lines))
    check_one_line(path, files.weights)


def check_one_line(prototxt, weights):
    try:
        Files(prototxt, weights).converted().network()
    except MilesDeepError as error:
        assert str(error).isprintable()


def test_the_good_pair_is_good(files):
    """Else everything above proves nothing."""
    rich = write(files.prototxt.parent, *RICH)
    assert len(import_caffe(rich.prototxt, rich.weights).labels) == 9
    files = write(files.prototxt.parent, *GOOD)
    assert import_caffe(files.prototxt, files.weights).labels == tuple("01234")
    assert text_format.Parse(files.prototxt.read_text(), pb.NetParameter()).layer[1].name == "c"
