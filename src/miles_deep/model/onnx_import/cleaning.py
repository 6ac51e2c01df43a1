"""Making a network's graph plain: 32-bit floats, a present-day opset, constants folded, no detours."""

import tempfile
from collections import Counter
from collections.abc import Set
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, ValueInfoProto, numpy_helper

from miles_deep.model.onnx_import.pictures import input_of
from miles_deep.model.onnx_import.reading import check, constants, values_of
from miles_deep.model.onnx_import.rewriting import rewrite
from miles_deep.model.onnx_import.running import session
from miles_deep.model.plain import PLAIN, opset_of, tensors

OPSET = 17
"""What older networks are brought to: the first with LayerNormalization, which ONNX Runtime's cleaning writes."""

IR_VERSION = 8
"""Version of the file format that goes with `OPSET`."""

WIDENED: dict[int, str] = {
    TensorProto.FLOAT16: "float16",
    TensorProto.DOUBLE: "float64",
    TensorProto.BFLOAT16: "bfloat16",
}
"""Types that CPUs have few kernels for; devices that compute faster with fewer bits choose them by themselves."""

INVERSES = {"Sub": "Add", "Div": "Mul"}


def clean(network: ModelProto, newest: bool = True) -> list[str]:
    """Clean a network; what was changed, a line each. Its operators become the `newest`, or stay of their version.

    The cleaning proper is ONNX Runtime's own "basic" level, which keeps to ONNX's operators: constants are folded,
    BatchNormalization and the like go into the convolution or matrix before them, and transposes around
    channels-last convolutions meet and vanish. What stands here is what it needs to find them.

    Raises:
        ModelError: ONNX Runtime cannot read the network.
    """
    close_inputs(network)
    before = _counts(network)
    lines = [widen(network), upgrade(network) if newest else None, rewrite(network)]
    before &= _counts(network)  # what an upgrade adds and takes away is told by its own line
    optimize(network)
    if (line := turn_inverses(network)) is not None:
        lines.append(line)
        optimize(network)
    after = _counts(network)
    gone = before - after
    # What ONNX defines by other operators, ONNX Runtime writes with these where it has none of its own.
    schemas = {schema.name: schema for schema in onnx.defs.get_all_schemas()} if after - before else {}
    composed = {name for name in gone if name in schemas and schemas[name].has_function}  # type: ignore[attr-defined]
    lines.append(_named("written with simpler operators", gone, composed))
    lines.append(_named("folded or left out", gone, gone.keys() - composed))
    return [line for line in lines if line is not None]


def _counts(network: ModelProto) -> Counter[str]:
    """How many of each operator there are, but for those that the import put in."""
    own = (node.op_type for node in network.graph.node if not node.output[0].startswith("miles_deep/"))
    return Counter(own)


def _named(what: str, counted: Counter[str], names: Set[str]) -> str | None:
    """How many of each operator there are, the most first; None where there are none."""
    shown = [f"{count} {name}" for name, count in counted.most_common() if name in names]
    return f"{what}: {', '.join(shown)}" if shown else None


def close_inputs(network: ModelProto) -> None:
    """Let weights be weights only: old networks list them as inputs too, with which none can be folded."""
    entry = input_of(network)
    if len(network.graph.input) > 1:
        taken = ValueInfoProto()
        taken.CopyFrom(entry)
        del network.graph.input[:]
        network.graph.input.append(taken)
    network.ir_version = max(network.ir_version, IR_VERSION)


def widen(network: ModelProto) -> str | None:
    """Make numbers of other widths 32-bit floats, wherever they stand; what was changed, if anything."""
    found: Counter[str] = Counter()
    for tensor in tensors(network.graph):
        if tensor.data_type in WIDENED:
            found[WIDENED[tensor.data_type]] += 1
            with np.errstate(over="ignore"):
                values = values_of(tensor).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for node in network.graph.node:
        for attribute in node.attribute:
            # Cast's `to`, and `dtype` of the operators that make tensors.
            if attribute.name in ("to", "dtype") and attribute.i in WIDENED:
                attribute.i = TensorProto.FLOAT
    for value in [*network.graph.input, *network.graph.output]:
        if value.type.tensor_type.elem_type in WIDENED:
            found[WIDENED[value.type.tensor_type.elem_type]] += 0
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    if not found:
        return None
    del network.graph.value_info[:]
    return f"{' and '.join(sorted(found))} made float32: {_counted(found.total(), 'tensor')}"


def upgrade(network: ModelProto) -> str | None:
    """Bring old operators to `OPSET`; a network that ONNX's converter cannot convert stays as it is."""
    opset = opset_of(network)
    if opset >= OPSET:
        return None
    try:
        converted = onnx.version_converter.convert_version(network, OPSET)
        onnx.checker.check_model(converted)
    except Exception:  # several types, some of the package's C++ part; both runtimes run old operators too
        return None
    network.CopyFrom(converted)
    return f"opset {opset} made {OPSET}"


def turn_inverses(network: ModelProto) -> str | None:
    """Make additions and multiplications of subtractions and divisions by constants.

    That is how BatchNormalization looks that was exported operator by operator; only these two are folded.
    """
    known = constants(network.graph)
    turned: dict[tuple[str, str], TensorProto] = {}
    count = 0
    for node in network.graph.node:
        constant = known.get(node.input[1]) if node.op_type in INVERSES else None
        if constant is None or constant.data_type != TensorProto.FLOAT:
            continue
        key = (node.op_type, node.input[1])
        if key not in turned:
            values = values_of(constant)
            with np.errstate(divide="ignore"):
                inverse = -values if node.op_type == "Sub" else np.float32(1) / values
            if not np.isfinite(inverse).all():
                continue
            turned[key] = numpy_helper.from_array(inverse, f"miles_deep/{INVERSES[node.op_type]}_{len(turned)}")
        node.op_type, node.input[1] = INVERSES[node.op_type], turned[key].name
        count += 1
    network.graph.initializer.extend(turned.values())
    return f"{_counted(count, 'Sub and Div by constants', '')} made Add and Mul" if count else None


def optimize(network: ModelProto) -> None:
    """ONNX Runtime's cleaning. Raises ModelError where it fails, or leaves what is not ONNX's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cleaned.onnx"
        session(network, cleaned=path)
        cleaned = onnx.load(path)
    used = {*PLAIN, *(node.domain for node in cleaned.graph.node)}
    opsets = [entry for entry in cleaned.opset_import if entry.domain in used]
    del cleaned.opset_import[:], cleaned.metadata_props[:]
    cleaned.opset_import.extend(opsets)
    check(cleaned)
    network.CopyFrom(cleaned)


def _counted(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}{plural if count != 1 else ''}"
