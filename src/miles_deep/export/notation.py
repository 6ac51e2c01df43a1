"""How numbers, names and values are written in text files."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Control characters, and what else ends a line."""

SURROGATES = re.compile(r"[\ud800-\udfff]")
"""Halves of a pair, with which Python stands in for bytes that are no UTF-8; UTF-8 cannot hold them."""


def decimal(value: Fraction | float, digits: int = 9) -> str:
    """A number in decimals, rounded half to even, without exponent and without zeros at its end: 5.3, 0."""
    scale = 10**digits
    scaled = round(Fraction(value) * scale)
    whole, part = divmod(abs(scaled), scale)
    return f"{'-' * (scaled < 0)}{whole}.{part:0{digits}}".rstrip("0").rstrip(".")


def milliseconds(number: int) -> str:
    """Milliseconds as seconds with three decimals: 7.100."""
    return f"{number // 1000}.{number % 1000:03}"


def hours(number: int, point: str = ".") -> str:
    """Milliseconds as 01:02:03.456, with any point."""
    seconds, thousandths = divmod(number, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{thousandths:03}"


def unicode(text: str) -> str:
    """Text that UTF-8 can hold."""
    return SURROGATES.sub("\ufffd", text)


def single_line(name: str) -> str:
    """A name for a format of lines: what would break its line becomes a space, and nothing at all a dash."""
    return BREAKS.sub(" ", unicode(name)).strip() or "-"


def csv_line(cells: Sequence[object]) -> str:
    """A line of CSV (RFC 4180). Python's own writer leaves a carriage return without quotes before 3.13."""
    texts = [str(cell) for cell in cells]
    quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\r\n') else cell for cell in texts]
    return ",".join(quoted) + "\n"


@dataclass(frozen=True, slots=True)
class Dialect:
    """JSON, or what is like it."""

    text: Callable[[str], str]
    """Writes a string."""
    key: Callable[[str], str]
    """Writes a name in an object."""
    last: str
    """What follows the last value of an object or a list."""


def json_text(text: str) -> str:
    """A string of JSON (RFC 8259). Half a surrogate pair is escaped, so that the file stays UTF-8."""
    return SURROGATES.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False))


def json5_text(text: str) -> str:
    """A string of JSON5 as its library writes it: in single quotes, unless it has more of these than double."""
    quote = '"' if text.count("'") > text.count('"') else "'"
    inner = json_text(text)[1:-1].replace('\\"', '"').replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return quote + inner.replace(quote, "\\" + quote) + quote


def json5_key(name: str) -> str:
    """A name of JSON5, which needs no quotes where it is one of ECMAScript."""
    return name if re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name) else json5_text(name)


@dataclass(frozen=True, slots=True)
class Written:
    """A value of a document that is written already."""

    text: str


JSON = Dialect(json_text, json_text, "")
JSON5 = Dialect(json5_text, json5_key, ",")


def document(value: object, dialect: Dialect = JSON) -> str:
    """A file of objects, lists, texts and numbers; these are written as `decimal` does, in lists on one line."""
    return _value(value, dialect, "\n") + "\n"


def _value(value: object, dialect: Dialect, line: str) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            return dialect.text(value)
        case int() | float() | Fraction():
            return decimal(value)
        case Mapping():
            items = [f"{dialect.key(key)}: {_value(item, dialect, line + '  ')}" for key, item in value.items()]
            return _within("{", items, "}", dialect, line)
        case Written():
            return value.text
        case Sequence() if all(isinstance(item, int | float | Fraction) for item in value):
            return f"[{', '.join(_value(item, dialect, line) for item in value)}]"
        case Sequence():
            return _within("[", [_value(item, dialect, line + "  ") for item in value], "]", dialect, line)
    raise TypeError(f"no {type(value)} in a document")


def _within(opening: str, items: Sequence[str], closing: str, dialect: Dialect, line: str) -> str:
    if not items:
        return opening + closing
    inner = line + "  "
    return opening + inner + f",{inner}".join(items) + dialect.last + line + closing
