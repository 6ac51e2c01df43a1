"""What is read of an ONNX file without the onnx package: the same as with it, and nothing of what is none."""

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import mean_of_channels, network
from onnx import helper

from miles_deep.errors import ModelError
from miles_deep.model import onnx_file
from miles_deep.model.onnx_file import metadata_entry, read_metadata

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(entries=st.lists(st.tuples(texts, texts), max_size=5))
def test_metadata_as_onnx_writes_and_reads_it(entries: list[tuple[str, str]]) -> None:
    graph = mean_of_channels()
    for key, value in entries:
        graph.metadata_props.add(key=key, value=value)
    assert read_metadata(graph.SerializeToString(), "x") == entries

    ours = mean_of_channels().SerializeToString() + b"".join(metadata_entry(*entry) for entry in entries)
    parsed = onnx.ModelProto.FromString(ours)
    assert [(entry.key, entry.value) for entry in parsed.metadata_props] == entries
    assert read_metadata(ours, "x") == entries


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16383, 16384, 3_000_000])
def test_lengths(length: int) -> None:
    entry = onnx.ModelProto()
    entry.metadata_props.add(key="key", value="x" * length)
    written = metadata_entry("key", "x" * length)
    assert len(written) == len(entry.SerializeToString()) or not length  # onnx may leave an empty value out
    assert read_metadata(mean_of_channels().SerializeToString() + written, "x") == [("key", "x" * length)]


NONE = {
    "empty": b"",
    "text": b"this is no network\n" * 9,
    "zeros": bytes(64),
    "no graph": metadata_entry("miles_deep", "{}"),
    "a graph of nothing": b"\x3a\x00",
    "a field that goes on for ever": b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x" * 50,
    "a number that goes on for ever": b"\x08" + b"\xff" * 50,
    "a number that stops short": b"\x08\xff",
    "a group": b"\x0b\x0c",
}


@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
def test_what_is_no_network(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"^x: not an ONNX network$"):
        read_metadata(content, "x")


@given(st.binary(max_size=200))
def test_any_bytes_are_told_in_a_line(content: bytes) -> None:
    with pytest.raises(ModelError):
        read_metadata(content, "x")


def test_a_file_cut_short_anywhere() -> None:
    """At the end of a field it may be a whole file, of which `load_model` will miss the card."""
    whole = mean_of_channels().SerializeToString()
    graph = onnx.ModelProto.FromString(whole).graph.ByteSize()
    for end in range(whole.index(b"small"), whole.index(b"small") + graph // 2):
        with pytest.raises(ModelError):
            read_metadata(whole[:end], "x")


def test_a_graph_in_parts() -> None:
    """Fields of one number that come twice are one message (protobuf encoding, "Last One Wins")."""
    graph = network([helper.make_node("Flatten", ["data"], ["scores"])], ["n", 3, 1, 1], 3)
    assert read_metadata(graph.SerializeToString() + b"\x3a\x00", "x") == []
    assert read_metadata(b"\x3a\x00" + graph.SerializeToString(), "x") == []


@pytest.mark.parametrize(
    "fields",
    [b"\x08\x00" * 1000, b"\x3a\x00" * 1000, b"\x3a\xd0\x0f" + b"\x10\x00" * 1000],
    ids=["top", "graphs", "graph"],
)
def test_fields_without_end_are_not_looked_at(fields: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bytes a field: a file may hold a thousand million."""
    monkeypatch.setattr(onnx_file, "MAX_FIELDS", 900)
    graph = mean_of_channels().SerializeToString()
    assert read_metadata(graph, "x") == []
    with pytest.raises(ModelError, match=r"^x: not an ONNX network$"):
        read_metadata(graph + fields, "x")
