"""What torch.export's own reader gets to see of a `.pt2`, and what is refused before; no PyTorch is needed."""

import copy
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program_writing import LEAF, TENSOR, WEIGHT, described, write_program

from miles_deep.errors import ModelError
from miles_deep.train.program import rebuilt


def is_harmless(name: str, overload: str) -> bool:
    """Stands in for torch's own list of operators."""
    return (name, overload) in {("add", "Tensor"), ("gelu", "default")}


def refused(path: Path) -> str:
    start = time.process_time()
    with pytest.raises(ModelError) as raised:
        rebuilt(path, is_harmless)
    assert time.process_time() - start < 1
    message = str(raised.value)
    assert message.startswith(f"{path}: ") and message.isprintable()
    return message.removeprefix(f"{path}: ")


def test_only_what_was_looked_at_is_left(tmp_path):
    path = write_program(
        tmp_path / "net.pt2", **{"extra/notes.txt": b"x", "data/aotinductor/model/net.so": b"\x7fELF"}
    )
    with zipfile.ZipFile(io.BytesIO(rebuilt(path, is_harmless))) as archive:
        members = {name.removeprefix("program/"): archive.read(name) for name in archive.namelist()}
    assert "extra/notes.txt" not in members and not [name for name in members if "aotinductor" in name]
    assert members["data/sample_inputs/model.pt"] == b""
    assert len(members["data/weights/weight_0"]) == 24
    program = json.loads(members["models/model.json"])
    assert program["guards_code"] == []
    assert program["graph_module"]["graph"]["nodes"][0]["metadata"] == {}
    assert b"/home/author" not in members["models/model.json"]
    assert program["graph_module"]["signature"] == described()["graph_module"]["signature"]


def changed(*keys: Any, to: Any) -> Callable[[], dict[str, Any]]:
    """The program with one value in its graph module replaced."""

    def made() -> dict[str, Any]:
        program = copy.deepcopy(described())
        inner = program["graph_module"]
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = to
        return program

    return made


NODE = ("graph", "nodes", 0)
ROOT = ("module_call_graph", 0, "signature")
EVIL = "__import__('os').system('x')"

HARMFUL = {
    "an attribute of torch": (
        changed(*NODE, "target", to="torch.os.system"),
        "uses 'torch.os.system', which is no op",
    ),
    "an operator with files": (
        changed(*NODE, "target", to="torch.ops.aten.save.default"),
        "uses 'torch.ops.aten.save",
    ),
    "another's operator": (changed(*NODE, "target", to="torch.ops.evil.run.default"), "uses 'torch.ops.evil.run"),
    "an operator with graphs": (
        changed(*NODE, "target", to="torch.ops.higher_order.cond"),
        "uses 'torch.ops.higher",
    ),
    "an extension": (changed(*NODE, "target", to="#evil"), "uses '#evil', which is no operator on tensors"),
    "an expression that is code": (
        changed("graph", "sym_int_values", to={"s": {"as_expr": {"expr_str": EVIL, "hint": None}}}),
        "has the text \"__import__('os').system('x')\" where no such text can be",
    ),
    "a power without end": (
        changed("graph", "sym_int_values", to={"s": {"as_expr": {"expr_str": "Pow(9, Pow(9, 9))"}}}),
        "has the text 'Pow(9, Pow(9, 9))'",
    ),
    "a name that is code": (changed(*NODE, "name", to=f"x={EVIL}"), "has the text"),
    "a key that is code": (changed("graph", "tensor_values", to={EVIL: TENSOR}), "has "),
    "a path": (changed(*NODE, "inputs", 0, "arg", to={"as_string": "/etc/passwd"}), "has the text '/etc/passwd'"),
    "an object": (
        changed(*NODE, "inputs", 0, "arg", to={"as_custom_obj": {"name": "x"}}),
        "has 'as_custom_obj', which",
    ),
    "a graph": (changed(*NODE, "inputs", 0, "arg", to={"as_graph": {}}), "has 'as_graph', which"),
    "a type to import": (
        changed(*ROOT, "out_spec", to=json.dumps([1, {**LEAF, "type": "collections.defaultdict"}])),
        "its inputs or outputs are packed into 'collections.defaultdict'; use tuples and dicts",
    ),
    "a context to import": (
        changed(*ROOT, "out_spec", to=json.dumps([1, {**LEAF, "context": '{"__enum__": true}'}])),
        "its inputs or outputs are packed in a way that is not known",
    ),
    "operators without end": (changed("graph", "nodes", to=[{}] * 10_001), "has more than 10,000 operators"),
    "no graph": (lambda: {}, "its description is not one that torch.export.save writes"),
    "a list": (lambda: [], "its description is not one"),
    "no nodes": (changed("graph", "nodes", to=None), "its description is not one"),
}


@pytest.mark.parametrize("harmful", HARMFUL)
def test_a_program_made_to_harm(tmp_path, harmful):
    program, expected = HARMFUL[harmful]
    assert refused(write_program(tmp_path / "net.pt2", program())).startswith(expected)


def weight(**values: Any) -> dict[str, Any]:
    return {"w": {**WEIGHT, "tensor_meta": {**TENSOR, **values}}}


WEIGHTS = {
    "a pickle": ({"w": {**WEIGHT, "use_pickle": True}}, "keeps 'w' as a pickle, which could run code"),
    "an object": ({"w": {**WEIGHT, "path_name": "opaque_obj_0"}}, "keeps 'w' as a pickle"),
    "a path": ({"w": {**WEIGHT, "path_name": "../weight_0"}}, "keeps 'w' as a pickle"),
    "another device": (
        weight(device={"type": "cuda", "index": 0}),
        "was exported on another device; export it with",
    ),
    "too large": (weight(sizes=[{"as_int": 1 << 40}, {"as_int": 3}]), "its tensor 'w' goes beyond its numbers"),
    "too far": (weight(storage_offset={"as_int": 1}), "its tensor 'w' goes beyond its numbers"),
    "backwards": (weight(strides=[{"as_int": -3}, {"as_int": 1}]), "its tensor 'w' goes beyond its numbers"),
    "an unknown type": (weight(dtype=99), "its description is not one"),
    "a size that is code": (weight(sizes=[{"as_expr": {"expr_str": EVIL}}]), "its description is not one"),
}


@pytest.mark.parametrize("harmful", WEIGHTS)
def test_weights_made_to_harm(tmp_path, harmful):
    weights, expected = WEIGHTS[harmful]
    assert refused(write_program(tmp_path / "net.pt2", weights=weights)).startswith(expected)


def test_files_that_are_no_programs(tmp_path):
    path = tmp_path / "net.pt2"
    assert refused(path) == "cannot be read (No such file or directory)"
    path.write_bytes(b"not a zip")
    assert refused(path) == "not a PyTorch file, or one that is cut short or damaged"
    for member, expected in {
        "data/aotinductor/model/net.so": "a compiled program, which is code; give one of torch.export.save",
        "serialized_exported_program.json": "no program that torch.export.save wrote; give one of",
    }.items():
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"net/{member}", b"")
        assert refused(path).startswith(expected)
    bomb = b'{"graph_module": ' + b"[" * 90_000 + b"]" * 90_000 + b"}"
    assert (
        refused(write_program(path, **{"models/model.json": bomb}))
        == "its 'net/models/model.json' is nested too deep"
    )
    wide = b"[" + b"{}," * 500_000 + b"0]"
    assert refused(write_program(path, **{"models/model.json": wide})).endswith("has more than 400,000 values")


def test_files_cut_short_anywhere(tmp_path):
    path = tmp_path / "net.pt2"
    whole = write_program(path).read_bytes()
    for end in range(0, len(whole) - 1, 41):
        path.write_bytes(whole[:end])
        refused(path)
