"""Field-coded H.264 films, written bit by bit: each field of a frame is a picture of its own, as broadcasters send
interlaced film. No encoder at hand writes them.

The pictures are the clock's texture. I fields hold it raw; P and B fields move their references by vectors with
quarter samples, and P fields hold their last row of macroblocks raw, so that whatever is predicted from a wrong
field, or from none, differs in nearly every byte. Clauses are those of ITU-T H.264 (08/2021).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from .picture import moving_texture

WIDTH, HEIGHT, RATE = 160, 128, 25
COLUMNS, ROWS = WIDTH // 16, HEIGHT // 32
"""Macroblocks in a field."""

SLICE = {"P": 0, "B": 1, "I": 2}
I_PCM, P_L0_16X16, B_BI_16X16 = 25, 0, 3
"""Macroblock types, tables 7-11, 7-13 and 7-14; in P slices those of I slices count from 5 on."""

RECOVERY_POINT = bytes([6, 6, 1, 0xC4, 0x80])
"""SEI (D.1.8): from here on all is right, exactly, in the order shown."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field-coded film of the moving texture, 160x128, 25 frames a second."""

    container: str = "ts"
    """ts, mkv, mp4; h264 for the bare stream."""
    packets: str = "frame"
    """What a packet holds: both fields of a "frame", or a "field" (ts alone)."""
    frames: int = 150
    gop: int = 12
    bframes: int = 2
    """Non-reference B-frames between two reference frames."""
    open_gop: bool = False
    """Groups begin with I fields that are no IDR picture, told by a recovery point; B-frames lead."""
    whole: int = 0
    """So many frames at the beginning are coded as frames: the film looks progressive at first."""
    start: Fraction = Fraction(7, 5)

    @property
    def rate(self) -> int:
        return RATE

    @property
    def suffix(self) -> str:
        return "." + self.container

    def __str__(self) -> str:
        opened = ("-open-gop" if self.open_gop else "") + (f"-{self.frames}" if self.frames != 150 else "")
        opened += f"-whole={self.whole}" if self.whole else ""
        return f"{self.container}-fields-packet={self.packets}-bframes={self.bframes}{opened}"


FIELDS: dict[str, FieldSpec] = {
    str(spec): spec
    for opened in (False, True)
    for spec in (
        FieldSpec("ts", open_gop=opened),
        FieldSpec("ts", "field", open_gop=opened, bframes=1),
        FieldSpec("mkv", open_gop=opened),
        FieldSpec("mp4", open_gop=opened),
        FieldSpec("h264", open_gop=opened),
        FieldSpec("mkv", bframes=0, open_gop=opened),
        FieldSpec("ts", open_gop=opened, frames=900, gop=100),
        FieldSpec("mkv", open_gop=opened, whole=24),
    )
}

MIXED = FieldSpec("ts", whole=24)
"""Frames first, then fields, a packet each. FFmpeg's frame threads call such fields corrupt, though they are not:
with an even number of threads all of them. In mkv, where a packet holds both fields, they do not."""


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A frame in the order of decoding."""

    number: int
    """In the order shown."""
    kind: str
    """I, P or B; the second field of an I frame is P."""
    idr: bool = False


class _Bits:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._count = 0

    def u(self, value: int, width: int) -> None:
        """Clause 7.2, u(n)."""
        self._pieces.append(f"{value:0{width}b}")
        self._count += width

    def ue(self, *values: int) -> None:
        """Clause 9.1, Exp-Golomb."""
        for value in values:
            width = (value + 1).bit_length()
            self.u(value + 1, 2 * width - 1)

    def se(self, *values: int) -> None:
        """Clause 9.1.1."""
        self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def raw(self, data: bytes) -> None:
        """Zeros up to the next byte, then bytes."""
        self.u(0, -self._count % 8) if self._count % 8 else None
        self.u(int.from_bytes(data, "big"), 8 * len(data))

    def nal(self, kind: int, reference: int) -> bytes:
        """The NAL unit with trailing bits, emulation prevention (7.4.1) and start code (annex B)."""
        text = "".join(self._pieces) + "1"
        text += "0" * (-len(text) % 8)
        payload = int(text, 2).to_bytes(len(text) // 8, "big")
        return _unit(bytes([reference << 5 | kind]) + payload)


def _unit(data: bytes) -> bytes:
    return b"\0\0\0\1" + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", data)


def make_field_film(spec: FieldSpec, path: Path) -> Path:
    """Make the film `spec` at `path`."""
    units = [(frame, field_units(frame, order, spec)) for frame, order in _numbered(spec)]
    if spec.container == "h264":
        path.write_bytes(b"".join(unit for _, fields in units for unit in fields))
        return path
    container = {"mkv": "matroska", "ts": "mpegts"}.get(spec.container, spec.container)
    with (
        av.open(io.BytesIO(b"".join(units[0][1])), format="h264") as template,
        av.open(str(path), "w", container) as out,
    ):
        stream = out.add_stream_from_template(template.streams.video[0])
        stream.time_base = Fraction(1, 2 * RATE)
        for place, (frame, fields) in enumerate(units):
            for half, data in enumerate(fields if spec.packets == "field" else [b"".join(fields)]):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, 10 * RATE)
                packet.pts = round((spec.start + Fraction(2 * frame.number + half, 2 * RATE)) * 10 * RATE)
                delay = 1 if spec.bframes else 0
                packet.dts = round((spec.start + Fraction(2 * (place - delay) + half, 2 * RATE)) * 10 * RATE)
                packet.duration = 5 if spec.packets == "field" else 10
                packet.is_keyframe = frame.kind == "I" and half == 0
                out.mux(packet)
    return path


def coded_frames(spec: FieldSpec) -> list[CodedFrame]:
    """All frames in the order of decoding: each I and P frame, then the B-frames shown before it."""
    frames: list[CodedFrame] = []
    last = -1
    while last < spec.frames - 1:
        into = (last + 1) % spec.gop
        if last < 0 or (into == 0 and not spec.open_gop):
            frames.append(CodedFrame(last + 1, "I", idr=True))
            last += 1
            continue
        left = spec.gop - into if into else spec.gop
        if spec.open_gop:
            number = last + spec.bframes + 1
            kind = "I" if number // spec.gop > last // spec.gop else "P"
            number = number // spec.gop * spec.gop if kind == "I" else number
        else:
            number, kind = last + min(spec.bframes + 1, left), "P"
        number = min(number, spec.frames - 1)
        kind = "I" if number % spec.gop == 0 else kind if number // spec.gop == last // spec.gop else "P"
        frames.append(CodedFrame(number, kind))
        frames += [CodedFrame(between, "B") for between in range(last + 1, number)]
        last = number
    return frames


def _numbered(spec: FieldSpec) -> Iterator[tuple[CodedFrame, int]]:
    """Frames with their frame_num (7.4.3): reference frames since the IDR picture."""
    references = 0
    for frame in coded_frames(spec):
        references = 0 if frame.idr else references
        yield frame, references
        references += frame.kind != "B"


def field_units(frame: CodedFrame, frame_num: int, spec: FieldSpec) -> list[bytes]:
    """The two fields of a frame, or the frame as one: NAL units, with all that goes before the first of them."""
    head = _unit(bytes([9, 0xF0]))  # access unit delimiter
    if frame.kind == "I":
        head += _sequence_parameters() + _picture_parameters()
        head += b"" if frame.idr else _unit(RECOVERY_POINT)
    if frame.number < spec.whole:
        return [head + _field(frame, frame.kind, frame_num, None, spec)]
    first = _field(frame, frame.kind, frame_num, 0, spec)
    second = _field(frame, "P" if frame.kind == "I" else frame.kind, frame_num, 1, spec)
    return [head + first, _unit(bytes([9, 0xF0])) + second]


def _sequence_parameters() -> bytes:
    """7.3.2.1.1 and annex E: main profile, field pictures allowed, one frame held back."""
    bits = _Bits()
    bits.u(77, 8), bits.u(0, 8), bits.u(30, 8)
    bits.ue(0, 4, 0, 6, 3)  # id; frame_num of 8 bits; order counts of type 0 and 10 bits; three reference frames
    bits.u(0, 1)
    bits.ue(COLUMNS - 1, ROWS - 1)
    bits.u(0b00101, 5)  # not frames alone, no macroblock pairs, direct 8x8, no cropping, VUI
    bits.u(0b00001, 5)  # timing
    bits.u(1, 32), bits.u(2 * RATE, 32), bits.u(1, 1)
    bits.u(0b00011, 5)  # no HRD, no pic_struct; restrictions: vectors may leave the picture
    bits.ue(0, 0, 10, 10, 1, 3)
    return bits.nal(7, 3)


def _picture_parameters() -> bytes:
    """7.3.2.2: CAVLC, no weighted prediction, the deblocking filter told of in each slice."""
    bits = _Bits()
    bits.ue(0, 0)
    bits.u(0, 2)
    bits.ue(0, 0, 0)
    bits.u(0, 3)
    bits.se(0, 0, 0)
    bits.u(0b100, 3)
    return bits.nal(8, 3)


def _field(frame: CodedFrame, kind: str, frame_num: int, bottom: int | None, spec: FieldSpec) -> bytes:
    """One field, or the frame where `bottom` is None: slice header (7.3.3) and data (7.3.4)."""
    bits, idr = _Bits(), frame.idr and not bottom
    since = frame.number % spec.gop if not spec.open_gop else frame.number
    # An I frame's second field is predicted from its first: the only one there is after an IDR picture, else the
    # second of the list, which begins with a field of its own parity (8.2.4.2.5).
    references = 0 if kind == "B" or (frame.idr and bottom) or bottom is None else 1
    chosen = 1 if frame.kind == "I" and references else frame.number % 2 * references
    bits.ue(0, SLICE[kind], 0)
    bits.u(frame_num % 256, 8)
    bits.u(0, 1) if bottom is None else bits.u(0b10 | bottom, 2)
    if idr:
        bits.ue(frame.number // spec.gop % 2)
    bits.u((2 * since + (bottom or 0)) % 1024, 10)
    if kind == "B":
        bits.u(1, 1)
    if kind != "I":
        bits.u(1, 1)
        bits.ue(*([references] if kind == "P" else [0, 0]))
        bits.u(0, 1 if kind == "P" else 2)
    if frame.kind != "B":
        bits.u(0, 2 if idr else 1)
    bits.se(0)
    bits.ue(1)
    _macroblocks(bits, frame, kind, bottom, (references, chosen))
    return bits.nal(5 if idr else 1, 0 if frame.kind == "B" else 2)


def _macroblocks(
    bits: _Bits, frame: CodedFrame, kind: str, bottom: int | None, reference: tuple[int, int]
) -> None:
    """Raw, or moved by one vector: told for the first macroblock, predicted for the others (8.4.1.3)."""
    luma, chroma = _texture(frame.number, bottom)
    rows, bottom = ROWS if bottom is not None else 2 * ROWS, bottom or 0
    turn = frame.number % 7  # two frames between the same references differ
    vector = (5 - 2 * bottom, turn) if kind == "P" else (turn, -2 - bottom, -5, turn - 3)
    for row in range(rows):
        for column in range(COLUMNS):
            if kind != "I":
                bits.ue(0)  # none skipped
            if kind == "I" or (kind == "P" and row == rows - 1):
                bits.ue(I_PCM + 5 * (kind == "P"))
                block = luma[16 * row : 16 * row + 16, 16 * column : 16 * column + 16].tobytes()
                for plane in chroma:
                    block += plane[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].tobytes()
                bits.raw(block)
                continue
            bits.ue(P_L0_16X16 if kind == "P" else B_BI_16X16)
            if reference[0]:
                bits.u(1 - reference[1], 1)
            bits.se(*(vector if row == column == 0 else (0,) * len(vector)))
            bits.ue(0)  # nothing is left to code


def _texture(number: int, bottom: int | None) -> tuple[NDArray[np.uint8], list[NDArray[np.uint8]]]:
    """A field's samples, or a frame's: luma, and both of chroma."""
    luma, blue = moving_texture(number, HEIGHT, WIDTH), moving_texture(number, HEIGHT // 2, WIDTH // 2)
    lines = slice(None) if bottom is None else slice(bottom, None, 2)
    planes = [np.clip(128 + 2 * plane[lines], 16, 235).astype(np.uint8) for plane in (luma, blue, -blue)]
    return planes[0], planes[1:]
