"""Label lists, in the forms that they are published in."""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from miles_deep.errors import ModelError
from miles_deep.files import read_file

MAX_TEXT = 1 << 21
"""Bytes of a label file, and letters of an entry of metadata. The labels of ImageNet's 21,841 are half of it."""

KINDS = "one label a line, CSV (with , ; or tabs), JSON, or a list of Python's"
"""What labels are read from, for messages."""

TABLES = (".csv", ".tsv")
"""How the names of tables end; labels in other files may have commas."""

NUMBERED = re.compile(r"(\d{1,7})(?:\s*[:=]\s*|\s+)(\S.*)")
"""A line with an index: "0: tench", "0 tench"."""

COLUMNS = ("label", "name", "display_name", "class", "class_name", "tag")
"""Headings of the column that holds the labels, in a CSV file that has several; the first found is it."""


def read_labels(path: str | Path) -> tuple[str, ...]:
    """The labels of a file: lines, numbered or not; a CSV with an index or headings; JSON or a Python literal.

    Raises:
        ModelError: there is no such file, or there are no labels in it.
    """
    content = read_file(path, MAX_TEXT, ModelError)
    try:
        labels = parse_labels(content.decode("utf-8-sig"), table=Path(path).suffix.lower() in TABLES)
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: labels must be UTF-8 text: {KINDS}") from error
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from error
    if Path(path).suffix.lower() in (".yaml", ".yml") and any(label.endswith(":") for label in labels):
        raise ModelError(f"{path}: YAML is not read; labels are {KINDS}")
    return labels


def parse_labels(text: str, table: bool = False) -> tuple[str, ...]:
    """The labels in a text; `table` where it is a CSV file's. Raises ValueError."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"longer than the {MAX_TEXT:,} letters a list of labels can have")
    if text.lstrip().startswith(("{", "[")):
        labels = _structured(text)
    elif table:
        labels = _tabled(text)
    else:
        labels = [line.strip() for line in text.splitlines()]
        while labels and not labels[-1]:
            labels.pop()
        labels = _without_numbers(labels)
    if not labels:
        raise ValueError("there are no labels in it")
    if "" in labels:
        raise ValueError(f"label {labels.index('') + 1} is empty")
    return distinct(labels)


def _without_numbers(lines: list[str]) -> list[str]:
    """The labels of lines that are numbered from 0, in that order; other lines as they are."""
    found = [NUMBERED.fullmatch(line) for line in lines]
    labels = {int(match[1]): match[2] for match in found if match}
    in_order = [labels[number] for number in range(len(lines)) if number in labels]
    # "0 stars", "1 stars", …: numbers without which labels would be the same belong to them.
    return in_order if len(set(in_order)) == len(lines) else lines


def distinct(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels that are there more than once, with their index behind all but the first; the lists of ImageNet have
    two birds called crane and two swimsuits called maillot."""
    seen: Counter[str] = Counter()
    taken, result = set(labels), []
    for index, label in enumerate(labels):
        seen[label] += 1
        name = label if seen[label] == 1 else f"{label} ({index})"
        while seen[label] > 1 and name in taken:
            name += "'"
        taken.add(name)
        result.append(name)
    return tuple(result)


def _structured(text: str) -> list[str]:
    """JSON, or a Python literal as people paste them: a list, index to label, or label to index."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = json.loads(_PYTHON.sub(_as_json, text), strict=False)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"neither JSON nor a list of labels; labels are {KINDS}") from error
    if isinstance(value, dict):
        # The configuration of a model on Hugging Face.
        value = value.get("id2label", value)
    if isinstance(value, list | tuple):
        return [_words(label) for label in value]
    if not isinstance(value, dict):
        raise ValueError("neither a list of labels nor an index of them")
    if all(isinstance(number, int) for number in value.values()):  # Keras: class_indices
        value = {number: label for label, number in value.items()}
    return _ordered([(key, _words(label)) for key, label in value.items()])


_PYTHON = re.compile(
    r"""
    [uU]? (?P<quote>['"]) (?P<text>(?:(?!(?P=quote))[^\\]|\\.)*+) (?P=quote)?
    | (?P<number>-?\d++) (?P<colon>\s*+:)?
    | (?P<bracket>[()])
    | ,(?=\s*+[\]})])
    | \#[^\n]*
    """,
    re.DOTALL | re.VERBOSE,
)
"""What a Python literal has otherwise than JSON: quotes, numbers as keys, tuples, a last comma, comments.

Python's own reader takes 500 bytes of memory for each byte of a list. Whatever matches is taken to its end, also
where that is missing, so that no letter is looked at many times.
"""

_LETTERS = {'"': '\\"', "\\'": "'", "\\x": "\\u00"}
"""What stands in a Python text to the same in JSON, where it is something else."""


def _as_json(found: re.Match[str]) -> str:
    """What `_PYTHON` matched, in JSON."""
    if found["quote"]:
        text = re.sub(r'\\.|"', lambda letter: _LETTERS.get(letter[0], letter[0]), found["text"], flags=re.DOTALL)
        return f'"{text}"'
    if found["number"]:
        return f'"{found["number"]}":' if found["colon"] else found["number"]
    return {"(": "[", ")": "]"}.get(found["bracket"], "")


def _tabled(text: str) -> list[str]:
    """A CSV table: one column, an index and a label, or columns with headings."""
    try:
        rows = _rows(text)
    except csv.Error as error:
        raise ValueError(f"not a CSV table ({error})") from error
    heading = [cell.lower() for cell in rows[0]] if rows else []
    column = next((heading.index(name) for name in COLUMNS if name in heading), None)
    index = heading.index("index") if column is not None and "index" in heading else None
    if column is not None:
        rows = rows[1:]
    elif rows and len(rows[0]) > 1:
        index, column = 0, 1
    width = max(column or 0, index or 0) + 1
    if short := next((number for number, row in enumerate(rows, 1) if len(row) < width), None):
        raise ValueError(f"row {short} has no label")
    if index is None:
        return [row[column or 0] for row in rows]
    return _ordered([(row[index], row[column or 0]) for row in rows])


def _rows(text: str) -> list[list[str]]:
    """Cells, between the first of the signs of which every row has as many. Raises csv.Error."""
    tables = []
    for sign in ",;\t":
        found = csv.reader(text.splitlines(), delimiter=sign)
        tables.append([[cell.strip() for cell in row] for row in found if any(map(str.strip, row))])
        if len(widths := {len(row) for row in tables[-1]}) == 1 and max(widths) > 1:
            return tables[-1]
    return tables[0]


def _ordered(pairs: list[tuple[Any, str]]) -> list[str]:
    """Labels in the order of their indices, of which none may be missing."""
    try:
        by_index = {int(index): label for index, label in pairs}
    except (TypeError, ValueError) as error:
        raise ValueError("its labels have no numbers before them") from error
    if sorted(by_index) != list(range(len(pairs))):
        raise ValueError(f"its labels are not numbered 0 to {len(pairs) - 1}")
    return [by_index[index] for index in range(len(pairs))]


def _words(label: Any) -> str:
    """A label, or the parts of one (`["n01440764", "tench"]`) with spaces between."""
    parts = label if isinstance(label, list | tuple) else [label]
    if not all(isinstance(part, str | int) for part in parts):
        raise ValueError(f"a label must be text, not {str(label)[:60]!r}")
    return " ".join(str(part).strip() for part in parts)
