"""A program as `torch.export.save` writes it, by hand: one ReLU with a weight, and whatever a test changes."""

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

TENSOR = {
    "dtype": 7,
    "sizes": [{"as_int": 2}, {"as_int": 3}],
    "requires_grad": False,
    "device": {"type": "cpu", "index": None},
    "strides": [{"as_int": 3}, {"as_int": 1}],
    "storage_offset": {"as_int": 0},
    "layout": 7,
}
WEIGHT = {"path_name": "weight_0", "is_param": True, "use_pickle": False, "tensor_meta": TENSOR}
LEAF = {"type": None, "context": None, "children_spec": []}
INPUTS = {
    "type": "builtins.tuple",
    "context": "null",
    "children_spec": [
        {"type": "builtins.tuple", "context": "null", "children_spec": [LEAF]},
        {"type": "builtins.dict", "context": "[]", "children_spec": []},
    ],
}


def described() -> dict[str, Any]:
    """`models/model.json`."""

    def argument(name: str, tensor: str) -> dict[str, Any]:
        return {"name": name, "arg": {"as_tensor": {"name": tensor}}, "kind": 1}

    node = {
        "target": "torch.ops.aten.add.Tensor",
        "inputs": [argument("self", "x"), argument("other", "p_w")],
        "outputs": [{"as_tensor": {"name": "add"}}],
        "metadata": {"stack_trace": 'File "/home/author/secret.py", line 7'},
        "is_hop_single_tensor_return": None,
        "name": "add",
    }
    signature = {
        "input_specs": [
            {"parameter": {"arg": {"name": "p_w"}, "parameter_name": "w"}},
            {"user_input": {"arg": {"as_tensor": {"name": "x"}}}},
        ],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "add"}}}}],
    }
    call = {
        "inputs": [],
        "outputs": [],
        "in_spec": json.dumps([1, INPUTS]),
        "out_spec": json.dumps([1, LEAF]),
        "forward_arg_names": ["x"],
    }
    graph = {
        "inputs": [{"as_tensor": {"name": "p_w"}}, {"as_tensor": {"name": "x"}}],
        "outputs": [{"as_tensor": {"name": "add"}}],
        "nodes": [node],
        "tensor_values": {name: TENSOR for name in ("p_w", "x", "add")},
        "sym_int_values": {},
        "sym_bool_values": {},
        "is_single_tensor_return": False,
        "custom_obj_values": {},
        "sym_float_values": {},
    }
    return {
        "graph_module": {
            "graph": graph,
            "signature": signature,
            "module_call_graph": [{"fqn": "", "signature": call}],
            "metadata": {},
            "treespec_namedtuple_fields": {},
        },
        "opset_version": {"aten": 10},
        "range_constraints": {},
        "schema_version": {"major": 8, "minor": 20},
        "verifiers": ["TRAINING"],
        "torch_version": "2.13.0",
        "guards_code": ["__import__('os')"],
    }


def write_program(
    path: Path,
    program: Any = None,
    weights: dict[str, Any] | None = None,
    numbers: bytes = struct.pack("<6f", *range(6)),
    **more: bytes,
) -> Path:
    """Write a `.pt2`; `more` are further members."""
    members = {
        "archive_format": b"pt2",
        "archive_version": b"0",
        "models/model.json": json.dumps(described() if program is None else program).encode(),
        "data/weights/weight_0": numbers,
        "data/weights/model_weights_config.json": json.dumps({"config": weights or {"w": WEIGHT}}).encode(),
        "data/constants/model_constants_config.json": b'{"config": {}}',
        "data/sample_inputs/model.pt": b"a pickle",
        **more,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"net/{name}", content)
    return path
