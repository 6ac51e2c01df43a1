"""PyTorch files that are damaged or made to harm: one clear error each, soon, and nothing is run."""

import ast
import pickle
import struct
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from torch_writing import asked, number, ordered, pickled, storage, tensor, text, write_legacy, write_zip

from miles_deep.errors import ModelError
from miles_deep.model import torch_file
from miles_deep.model.torch_file import read_state
from miles_deep.model.torch_file.pickled import CALLS

CONTENT = struct.pack("<24f", *range(24))
GOOD = tensor(storage("0", 24), (24,))


def refused(path: Path, seconds: float = 1) -> str:
    """What is said of a file, without its path; within the time, and in one line."""
    start = time.process_time()
    with pytest.raises(ModelError) as raised:
        read_state(path)
    assert time.process_time() - start < seconds
    message = str(raised.value)
    assert message.startswith(f"{path}: ") and message.isprintable() and len(message) < len(str(path)) + 250
    return message.removeprefix(f"{path}: ")


class Runs:
    """Would make a file if it were unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self):
        return open, (str(self.proof), "w")


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_pickle_is_named_and_not_run(tmp_path, legacy):
    harmful = pickle.dumps({"w": Runs(tmp_path / "proof")}, protocol=2)
    path = tmp_path / "net.pth"
    said = refused(write_legacy(path, harmful, {}) if legacy else write_zip(path, harmful, {}))
    assert said == (
        "asks for io.open, which is not data of tensors and is never run; "
        "save a state_dict instead: torch.save(model.state_dict(), PATH)"
    )
    assert not (tmp_path / "proof").exists()


def test_code_beside_tensors_is_left_out_and_not_run(tmp_path):
    """As are the arguments of a training, which are no tensors: neither is looked up."""
    harmful = pickle.dumps({"args": Runs(tmp_path / "proof")}, protocol=2)[2:-1]
    unknown = asked("antigravity", "fly") + b")R" + b"}" + text("speed") + b"K\1sb"
    new = asked("antigravity", "Wing") + b")\x81" + b"}" + text("w") + GOOD + b"sb" + b"](" + GOOD + b"eb"
    filled = asked("collections", "deque") + b")R(" + GOOD + b"K\1e" + text("k") + GOOD + b"s"
    parts = {
        "w": GOOD,
        "saved": harmful,
        "flown": unknown,
        "wings": new,
        "filled": filled,
        "kind": asked("os", "_exit"),
    }
    for path in (
        write_zip(tmp_path / "net.pth", pickled(ordered(parts)), {"0": CONTENT}),
        write_legacy(tmp_path / "old.pth", pickled(ordered(parts)), {"0": (24, CONTENT)}),
    ):
        read = read_state(path)
        assert list(read) == ["w"] and read["w"][23] == 23
    assert not (tmp_path / "proof").exists()
    assert "antigravity" not in sys.modules


def test_nothing_that_a_pickle_names_can_be_found():
    """The reader has no way to a module or to an attribute by name, whatever a file asks for."""
    folder = Path(torch_file.__file__).parent
    trees = [ast.parse(path.read_text()) for path in folder.glob("*.py")]
    names = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).partition(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert not names & {"eval", "exec", "compile", "__import__", "globals", "vars", "__builtins__", "setattr"}
    assert not imported & {"pickle", "importlib", "builtins", "sys", "operator", "runpy", "copyreg", "pydoc"}
    called = {name for module, name in CALLS}
    assert called == {"OrderedDict", "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter", "Size"}


MEMO = b"r\1\0\0\0"
RECALL = b"j\1\0\0\0"
NESTED = b")" + b"\x85" * 150_000
DAMAGED = "its pickle is damaged or cut short"
LOOPED = "its dicts and lists are nested too deep, or in themselves"
BEYOND = "its tensor 'w' goes beyond its storage"
MODULE = b"(" + text("module") + asked("collections", "OrderedDict") + text("net.py") + text("import os") + b"tQ"


def widening(letters: int) -> bytes:
    """One tensor in eight dicts in eight dicts …, by keys of so many letters."""
    keys = [text(key * letters) for key in "abcdefgh"]
    level = MEMO + b"}(" + b"".join(key + RECALL for key in keys) + b"u"
    return GOOD + level * 6


LONG = text("x" * 200_000) + MEMO
COPY = asked("torch", "Size") + RECALL + b"\x85R"


def described(
    stored: bytes = storage("0", 24),
    offset: bytes = b"K\0",
    shape: bytes = b"K\2\x85",
    strides: bytes = b"K\1\x85",
):
    """A dict with a tensor that is described as here, value by value."""
    return ordered(
        {"w": asked("torch._utils", "_rebuild_tensor_v2") + b"(" + stored + offset + shape + strides + b"tR"}
    )


PICKLES = {
    "a name with control characters": (asked("os\x1b[2J", "system"), "asks for os\\x1b[2J.system, which"),
    "a long name": (asked("a" * 400, "b"), "asks for aaaaaaaaaaaaaa"),
    "a name without end": (b"c" + b"a" * 5000, DAMAGED),
    "a whole network": (MODULE, "holds a whole network with its code; save a state_dict instead"),
    "a called text": (text("system") + b")R", DAMAGED),
    "attributes of a name": (asked("collections", "OrderedDict") + b"}b", DAMAGED),
    "a table as large as a number says": (b"}r\xff\xff\xff\x7f", "there are no tensors in it"),
    "a nested tuple as a key": (b"}" + NESTED + b"Ns", DAMAGED),
    "a nested tuple as a key of Python 2": (
        asked("collections", "OrderedDict") + b"](](" + NESTED + b"Neee\x85R",
        DAMAGED,
    ),
    "a nested tuple as a size": (described(shape=NESTED), DAMAGED),
    "nested tuples": (b"}" + text("a") + NESTED + b"s", LOOPED),
    "a text as long as a number says": (b"X\xff\xff\xff\xff", DAMAGED),
    "a negative length": (b"T\xff\xff\xff\xff", DAMAGED),
    "a text that is none": (b"X\2\0\0\0\xff\xff", DAMAGED),
    "a number as long as a number says": (
        b"\x8b\xff\xff\xff\x7f",
        "its pickle has the opcode 0x8b, which torch.save",
    ),
    "frames": (b"\x95" + b"\xff" * 8, "its pickle has the opcode 0x95"),
    "an object of old": (b"(i__main__\nA\n", "its pickle has the opcode 0x69"),
    "another protocol": (b"\x80\5", "its pickle is of protocol 5; torch.save writes 2 if not told otherwise"),
    "steps without end": (b"}" * 310_000, "its pickle takes more than 300,000 steps"),
    "marks without end": (b"(" * 310_000, "its pickle nests more than 1,000 deep"),
    "copies without end": (LONG + COPY * 99, "its pickle takes more than 300,000 steps"),
    "an empty stack": (b"R", DAMAGED),
    "a mark that is not there": (b"t", DAMAGED),
    "a memo that is not there": (b"h\1", DAMAGED),
    "a dict in itself": (b"}" + MEMO + text("a") + RECALL + b"s", LOOPED),
    "a list in itself": (b"]" + MEMO + RECALL + b"a", LOOPED),
    "a thousand million laughs": (b"](NNNNNNNNNNe" + (MEMO + b"](" + RECALL * 10 + b"e") * 7, LOOPED),
    "a few tensors under ever more names": (widening(50), "has more than 20,000 tensors"),
    "a few tensors under long names": (widening(400), "its key 'aaaa"),
    "a tensor of a kind that is not known": (
        asked("torch._utils", "_rebuild_qtensor") + b")R",
        "asks for torch._utils._rebuild_qtensor, which is not data of tensors",
    ),
    "a storage of a kind that is not known": (
        described(stored=storage("0", 24, "QInt8Storage")),
        "asks for torch.QInt8Storage, which",
    ),
    "a parameter of what is not known": (
        asked("torch._utils", "_rebuild_parameter") + asked("os", "system") + b"\x85R",
        "asks for os.system, which",
    ),
    "a call of a storage": (asked("torch", "FloatStorage") + b")R", DAMAGED),
    "a long key": (ordered({"k" * 501: GOOD}), "its key 'kkkkk"),
    "a key that is there twice": (b"}(" + text("1") + GOOD + b"K\1" + GOOD + b"u", "its key '1' is there twice"),
    "two tensors of one name": (
        b"}(" + text("a.b") + GOOD + text("a") + b"}" + text("b") + tensor(storage("0", 24), (4,)) + b"su",
        "two tensors are called 'a.b'",
    ),
    "no tensors": (b"}", "there are no tensors in it"),
    "no storage": (described(stored=text("0")), DAMAGED),
    "a storage of no kind": (
        described(stored=b"(" + text("storage") + asked("torch", "Size") + text("0") + text("cpu") + b"K\1tQ"),
        DAMAGED,
    ),
    "a storage of negative size": (described(stored=storage("0", -1)), DAMAGED),
    "a storage larger than its content": (
        described(stored=storage("0", 25)),
        "its storage '0' has 96 bytes, and should have 100",
    ),
    "a storage larger than the world": (described(stored=storage("0", 1 << 200)), "its storage '0' has 96 bytes"),
    "a storage that is not there": (described(stored=storage("1", 24)), "its storage '1' is missing"),
    "a storage named like a path": (
        described(stored=storage("../../secret", 24)),
        "its storage '../../secret' is missing",
    ),
    "a storage of two kinds": (
        ordered({"w": GOOD, "v": tensor(storage("0", 12, "DoubleStorage"), (12,))}),
        "its storage '0' is described in two ways",
    ),
    "a part of a storage": (
        described(stored=storage("0", 24, view=b"(" + text("1") + b"K\0K\4t")),
        "its storages are parts of others",
    ),
    "a negative size": (described(shape=number(-1) + b"\x85"), DAMAGED),
    "a negative stride": (described(strides=number(-1) + b"\x85"), DAMAGED),
    "a negative offset": (described(offset=number(-1)), DAMAGED),
    "an offset beyond": (described(offset=number(23)), BEYOND),
    "a stride beyond": (described(strides=number(24) + b"\x85"), BEYOND),
    "a size beyond": (described(shape=number(25) + b"\x85"), BEYOND),
    "a size beyond that takes no room": (described(shape=number(1 << 40) + b"\x85", strides=b"K\0\x85"), BEYOND),
    "a size beyond numbers": (described(shape=number(1 << 70) + b"\x85"), DAMAGED),
    "a broken size": (described(shape=b"G" + struct.pack(">d", 2) + b"\x85"), DAMAGED),
    "fewer strides than sizes": (described(strides=b")"), DAMAGED),
    "a hundred axes": (described(shape=b"(" + b"K\1" * 100 + b"t", strides=b"(" + b"K\1" * 100 + b"t"), DAMAGED),
    "a flag for a size": (described(shape=b"\x88\x85"), DAMAGED),
}


@pytest.mark.parametrize("harmful", PICKLES)
def test_a_pickle_made_to_harm(tmp_path, harmful):
    value, expected = PICKLES[harmful]
    path = write_zip(tmp_path / "net.pth", pickled(value), {"0": CONTENT})
    assert refused(path).startswith(expected)


def test_keys_whose_hashes_are_all_the_same(tmp_path):
    """Python's hash of a whole number is its remainder by 2 ** 61 - 1."""
    keys = [(index * ((1 << 61) - 1)).to_bytes(10, "little") for index in range(1, 12_000)]
    items = b"".join(b"\x8a\x0a" + key + b"N" for key in keys)
    path = write_zip(tmp_path / "net.pth", pickled(b"}(" + items + b"u"), {})
    assert refused(path) == "there are no tensors in it"


@pytest.mark.slow  # counting what is allocated takes five times as long
@pytest.mark.parametrize("value", [PICKLES[name][0] for name in ("marks without end", "copies without end")])
def test_bombs_take_little_memory(tmp_path, value):
    path = write_zip(tmp_path / "net.pth", pickled(value), {"0": CONTENT})
    tracemalloc.start()
    refused(path, seconds=5)  # counting slows it down
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6


def archived(path: Path, members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


PICKLE = pickled(ordered({"w": GOOD}))
SOUND = [("net/data.pkl", PICKLE), ("net/data/0", CONTENT)]

ARCHIVES = {
    "a name out of the folder": ([*SOUND, ("net/../../x", b"")], "its member 'net/../../x' is named like a path"),
    "an absolute name": ([*SOUND, ("/etc/x", b"")], "its member '/etc/x' is named like a path"),
    "a name on a drive": ([*SOUND, ("C:/x", b"")], "its member 'C:/x' is named like a path"),
    "a name with backslashes": ([*SOUND, ("net\\..\\x", b"")], "its member 'net\\\\..\\\\x' is named like a path"),
    "another folder": ([*SOUND, ("other/x", b"")], "its members lie in more than one folder"),
    "no pickle": ([("net/data/0", CONTENT)], "a zip without the data.pkl that torch.save writes"),
    "no numbers": (SOUND[:1], "its storage '0' is missing"),
    "other byte order": ([*SOUND, ("net/byteorder", b"big")], "its numbers are not little-endian"),
    "nothing": ([], "a zip without the data.pkl"),
}


@pytest.mark.parametrize("harmful", ARCHIVES)
def test_an_archive_made_to_harm(tmp_path, harmful):
    members, expected = ARCHIVES[harmful]
    assert refused(archived(tmp_path / "net.pth", members)).startswith(expected)


def test_members_that_are_there_twice(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = archived(tmp_path / "net.pth", [*SOUND, ("net/data.pkl", b"")])
    assert refused(path) == "its member 'net/data.pkl' is there twice"


def test_compressed_members_which_could_be_bombs(tmp_path):
    path = archived(tmp_path / "net.pth", [SOUND[0], ("net/data/0", bytes(50_000_000))], zipfile.ZIP_DEFLATED)
    assert refused(path) == "its member 'net/data.pkl' is compressed, which PyTorch never does"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])  # torch.jit.save uses both
def test_a_torchscript_program_and_what_to_do_with_it(tmp_path, compression):
    members = [*SOUND, ("net/code/__torch__.py", b"def forward(self): ..."), ("net/constants.pkl", b"")]
    assert refused(archived(tmp_path / "net.pt", members, compression)) == (
        "a TorchScript program, which is code and is never run; save its weights: "
        "torch.save(torch.jit.load(FILE).state_dict(), 'weights.pth'), "
        "or the network it was made of, with torch.export.save as a .pt2"
    )


def test_members_that_lie_over_each_other(tmp_path):
    path = archived(tmp_path / "net.pth", [*SOUND, ("net/data/1", CONTENT), ("net/data/2", CONTENT)])
    content = path.read_bytes()
    first = content.index(b"net/data/0") - 30
    for name in (b"net/data/1", b"net/data/2"):
        entry = content.rindex(name) - 46
        content = content[: entry + 42] + struct.pack("<I", first) + content[entry + 46 :]
    wide = content.replace(struct.pack("<II", 96, 96), struct.pack("<II", 400, 400))
    path.write_bytes(wide)
    assert refused(path) == "its members are larger than the file, or lie over each other"


@pytest.mark.parametrize("wide", [False, True])
def test_a_directory_larger_than_any(tmp_path, wide):
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, 0xFFFFFFFF if not wide else 0, 0, 0)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 9, 9, 1 << 40, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 100, 1)
    (tmp_path / "net.pth").write_bytes(bytes(100) + (end64 + locator if wide else b"") + end)
    assert refused(tmp_path / "net.pth") == "its zip directory has more than 2,097,152 bytes"


def test_files_cut_short_or_changed_anywhere(tmp_path):
    path = tmp_path / "net.pth"
    whole = archived(path, SOUND).read_bytes()
    legacy = write_legacy(path, PICKLE, {"0": (24, CONTENT)}).read_bytes()
    for content in (whole, legacy):
        for end in range(0, len(content) - 1, 11):
            path.write_bytes(content[:end])
            refused(path)
        for place in range(0, len(content), 7):
            path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
            try:
                read_state(path)
            except ModelError as error:
                assert "\n" not in str(error)


def test_storages_of_the_old_format_that_do_not_fit(tmp_path):
    path = tmp_path / "net.pth"
    expected = {
        (1 << 60, CONTENT): "cut short or damaged",
        (-1, CONTENT): "cut short or damaged",
        (12, CONTENT): "its storage '0' has 48 bytes, and should have 96",
    }
    for numbers, said in expected.items():
        assert refused(write_legacy(path, PICKLE, {"0": numbers})) == said
    assert refused(write_legacy(path, PICKLE, {})) == "its storage '0' is missing"
    assert "list of storages" in refused(write_legacy(path, PICKLE, {"1": (24, CONTENT)}))
    assert "little-endian" in refused(write_legacy(path, PICKLE, {"0": (24, CONTENT)}, little=b"\x89"))


def test_files_of_other_kinds(tmp_path):
    path = tmp_path / "net.pth"
    assert refused(path) == "cannot be read (No such file or directory)"
    assert refused(tmp_path) == "not a file"
    for content in (b"", b"text", pickle.dumps({}), b"PK\3\4", bytes(1000)):
        path.write_bytes(content)
        assert refused(path) == "not a PyTorch file, or one that is cut short or damaged"
