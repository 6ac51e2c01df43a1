"""Reading the files of a Caffe classifier: text, bytes and numbers, checked but not yet understood."""

from pathlib import Path

from google.protobuf import text_format

from miles_deep.errors import CaffeError
from miles_deep.files import read_file
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.legacy import upgraded
from miles_deep.model.caffe.settings import Prototxt, unknown_settings

MAX_TEXT = 1 << 20
"""Bytes of a prototxt. That of ResNet-152 is a tenth of it, and the parser, which is plain
Python, takes a second for it."""

MAX_LINE = 1 << 16
"""Characters of one line of a prototxt; the parser's time grows with the square of it."""

MAX_BINARY = (1 << 31) - 1
"""Bytes of a caffemodel: what one protobuf message can have."""


def read_bytes(path: str | Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises CaffeError."""
    content = read_file(path, limit, CaffeError)
    if not content:
        raise CaffeError(f"{path}: the file is empty")
    return content


def parse_prototxt(content: bytes, path: str | Path) -> Prototxt:
    """Parse a network's description, of whatever year, as today's format has it.

    Unknown fields pass at this point, because other layer types are full of them; which of them stand in
    which layer is noted, so that none is passed over in a layer that is used.

    Raises:
        CaffeError: it is no text, no prototxt, or has no layers.
    """
    hint = "is this the prototxt, and not the caffemodel?"
    network = pb.NetParameter()
    try:
        text = content.decode("utf-8-sig")
        if max(map(len, text.split("\n"))) > MAX_LINE:
            raise CaffeError(f"{path}: not a Caffe prototxt, it has a line of more than {MAX_LINE:,} characters")
        text_format.Parse(text, network, allow_unknown_field=True)
    except UnicodeDecodeError as error:
        raise CaffeError(f"{path}: not a text file; {hint}") from error
    except (text_format.ParseError, ValueError, RecursionError) as error:
        raise CaffeError(f"{path}: not a Caffe prototxt ({_clipped(error)}); {hint}") from error
    if not network.layer and not network.layers:
        raise CaffeError(f"{path}: not a Caffe prototxt, it has no layers")
    return upgraded(Prototxt(path, network, *unknown_settings(text)))


def _clipped(error: BaseException) -> str:
    """An error's text on one line of bearable length; the parser quotes the line it fails at."""
    shown = "".join(letter if letter.isprintable() else " " for letter in str(error)[:1000])
    line = " ".join(shown.split())
    return line if len(line) <= 160 else line[:157] + "..."
