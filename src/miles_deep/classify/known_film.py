"""What probing told of a film, and one pass over its packets, as a table that the store keeps."""

import re
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miles_deep.classify.table import Table
from miles_deep.errors import FormatError
from miles_deep.files import stamp
from miles_deep.video import Colour, Orientation, Stream, Video
from miles_deep.video.fingerprint import fingerprint
from miles_deep.video.packets import PacketIndex

FORMAT = 1
"""Raised with every change of what the same file is said to be, so that nothing older is taken for it."""

COLUMNS = {"pts": np.int64, "keyframe": np.bool_, "entry": np.int32, "size": np.int32, "stamp": np.int64}
"""What `PacketIndex` has for each packet, and as what it is kept."""

PLAIN = ("container", "picture", "width", "height", "pixel_format", "interlaced", "ordered", "late", "promised")
TIMES = ("pixel_aspect", "start", "lead", "duration")
"""Fields of `Video` that are kept as they are, and those that are fractions; the others are made of several."""


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a file is taken for the one that was probed."""

    fingerprint: str
    suffix: str
    """FFmpeg guesses from it what the file may be."""
    stamp: str
    """`files.stamp`: the fingerprint does not tell of changes in the middle."""
    reader: str
    """The same of PyAV, which probed it, and is not imported to ask for its version."""

    @classmethod
    def of(cls, path: Path) -> "Identity | None":
        """That of a file; None of one that is missing, or was just written. Raises VideoError as `fingerprint`."""
        av = find_spec("av")
        film, reader = stamp(path), stamp(av.origin) if av and av.origin else None
        if film is None or reader is None:
            return None
        return cls(fingerprint(path), path.suffix.lower(), str(film), str(reader))


def film_table(video: Video, index: PacketIndex, identity: Identity) -> Table:
    """A film as it is kept."""
    facts = {
        **{name: getattr(video, name) for name in PLAIN},
        **{name: str(getattr(video, name)) for name in TIMES},
        "frame_rate": None if video.frame_rate is None else str(video.frame_rate),
        "display_matrix": video.display_matrix,
        "timecode": video.timecode,
        "colour": asdict(video.colour),
        "orientation": asdict(video.orientation),
        "streams": [asdict(stream) for stream in video.streams],
    }
    packets = {"tick": str(index.tick), "last_duration": index.last_duration, "timeless": index.timeless}
    columns: list[NDArray[Any]] = [getattr(index, name).astype(kind) for name, kind in COLUMNS.items()]
    meta = {"format": FORMAT, **asdict(identity), "facts": facts, "packets": packets}
    return Table(tuple(COLUMNS), tuple(columns), meta)


def film_from_table(table: Table, path: Path, identity: Identity, source: Path) -> Video | None:
    """The film at a path, of that identity; None where the table is of another, or of an older version.

    Raises:
        FormatError: it is no such table. The message begins with `source`.
    """
    try:
        meta = table.meta
        if meta["format"] != FORMAT or {**meta, **asdict(identity)} != meta:
            return None
        index = _index(table)
        return _video(meta["facts"], path, index)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{source}: not what is known of a film ({str(error)[:200]})") from error


def _video(facts: dict[str, Any], path: Path, index: PacketIndex) -> Video:
    rate, matrix = facts["frame_rate"], facts["display_matrix"]
    read: dict[str, Any] = {name: _fraction(facts[name]) for name in TIMES}
    streams = [Stream(**{**stream, "dispositions": tuple(stream["dispositions"])}) for stream in facts["streams"]]
    return Video(
        path=path,
        **{name: facts[name] for name in PLAIN},
        **read,
        frame_rate=None if rate is None else _fraction(rate),
        display_matrix=None if matrix is None else tuple(matrix),
        timecode=facts["timecode"],
        colour=Colour(**facts["colour"]),
        orientation=Orientation(**facts["orientation"]),
        streams=tuple(streams),
        indexing=lambda path, start: index,
    )


def _index(table: Table) -> PacketIndex:
    if table.names != tuple(COLUMNS) or not len(table.columns[0]):
        raise ValueError("its columns are not those of packets")
    pts, keyframe, entry, size, stamp = table.columns
    packets = table.meta["packets"]
    return PacketIndex(
        tick=_fraction(packets["tick"]),
        pts=pts.astype(np.int64, copy=False),
        keyframe=keyframe.astype(np.bool_, copy=False),
        entry=entry.astype(np.uint8),
        size=size.astype(np.int64),
        stamp=stamp.astype(np.int64, copy=False),
        last_duration=int(packets["last_duration"]),
        timeless=int(packets["timeless"]),
    )


def _fraction(text: str) -> Fraction:
    # Checked first, since Fraction("1e999999999") takes all memory there is.
    if not re.fullmatch(r"-?[0-9]{1,30}(/0*[1-9][0-9]{0,30})?", text):
        raise ValueError("a time that is no number of seconds")
    return Fraction(text)
