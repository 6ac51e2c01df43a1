"""Columns of numbers and what is to be known of them, in a Parquet file that proves that it is whole."""

import contextlib
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.errors import FormatError
from miles_deep.files import partial_file

META = b"miles_deep"
"""Key of the schema metadata: a JSON object."""

SEAL = b"miles_deep_seal"
"""Key of the schema metadata: CRC-32 of `META` and of all columns, hexadecimal."""

MAX_BYTES = 1 << 31
MAX_NUMBERS = 1 << 28
"""What a file may hold: 70 hours of a thousand labels. A few bytes can promise far more, all of it zeros."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Named columns of equal length."""

    names: tuple[str, ...]
    columns: tuple[NDArray[Any], ...]
    """int32, int64, float32, float64 or bool, (N,) each; none has gaps."""
    meta: dict[str, Any]
    """What JSON can hold."""


def write_table(table: Table, path: Path) -> None:
    """Write a Parquet file, which appears whole or not at all.

    Raises:
        OutputError: it cannot be written. No partial file stays.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    meta = json.dumps(table.meta).encode()
    columns = [np.ascontiguousarray(column) for column in table.columns]
    metadata = {META: meta, SEAL: _seal(meta, columns)}
    arrow = pa.table([pa.array(column) for column in columns], names=list(table.names), metadata=metadata)
    data = pa.BufferOutputStream()
    # Scores seldom repeat, so dictionaries only cost: a third of the size and most of the time.
    pq.write_table(arrow, data, write_page_checksum=True, use_dictionary=False, write_statistics=False)
    with partial_file(path) as partial:
        # Not through Arrow, which takes no file names that are not UTF-8.
        partial.write_bytes(data.getvalue())


def read_table(path: Path, sealed: bool = False) -> Table:
    """Read what `write_table` wrote, or a table of other origin that carries its metadata.

    Args:
        path: the file; it may be hostile.
        sealed: whether it must be as it was written, to the bit. Parquet's own checksums cover the numbers alone;
            neither its metadata nor what says where the columns are.

    Raises:
        OSError: it cannot be read at all.
        FormatError: it is no such table, or damaged. The message begins with the path.
    """
    with open(path, "rb") as file:
        data = file.read() if os.fstat(file.fileno()).st_size <= MAX_BYTES else b""
    with _told(path):
        return _parse(data, sealed)


def read_meta(path: Path) -> tuple[dict[str, Any], int]:
    """A table's metadata and its number of rows, without its columns. Raises as `read_table` does."""
    import pyarrow.parquet as pq

    with open(path, "rb") as file, _told(path), pq.ParquetFile(file) as parquet:
        return _metadata(parquet.schema_arrow), int(parquet.metadata.num_rows)


def _parse(data: bytes, sealed: bool) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True) as parquet:
        schema = parquet.schema_arrow
        meta = _metadata(schema)
        _check(parquet.metadata, schema)
        arrow = parquet.read(use_threads=False)
    if any(column.null_count for column in arrow.columns):
        raise ValueError("numbers are missing")
    columns = [column.to_numpy() for column in arrow.columns]
    if sealed and _seal(schema.metadata[META], columns) != schema.metadata.get(SEAL):
        raise ValueError("not as it was written")
    return Table(tuple(arrow.column_names), tuple(columns), meta)


def _metadata(schema: Any) -> dict[str, Any]:
    meta = json.loads((schema.metadata or {})[META])
    if not isinstance(meta, dict):
        raise TypeError("metadata of another kind")
    return meta


def _check(metadata: Any, schema: Any) -> None:
    """Refuse what a hostile file promises before it is unpacked. Raises ValueError."""
    kinds = {"int32", "int64", "float", "double", "bool"}
    if other := {str(kind) for kind in schema.types} - kinds:
        raise ValueError(f"columns of kind {min(other)[:40]}")
    rows = sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    if max(rows, metadata.num_rows) * len(schema) > MAX_NUMBERS:
        raise ValueError("too large")


def _seal(meta: bytes, columns: Sequence[NDArray[Any]]) -> bytes:
    crc = zlib.crc32(meta)
    for column in columns:
        crc = zlib.crc32(np.ascontiguousarray(column).data, crc)
    return f"{crc:08x}".encode()


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn whatever reading a file of another kind raises into one line about it."""
    import pyarrow as pa

    try:
        yield
    except (
        OSError,  # Arrow's word for a damaged file
        pa.ArrowException,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        MemoryError,
        RecursionError,  # JSON of a thousand brackets
    ) as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise FormatError(f"{path}: not a file of scores ({reason[:200]})") from error
