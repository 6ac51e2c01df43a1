"""av1: each run and each copied stretch begins with the sequence header that it goes with."""

from collections.abc import Iterator

from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from miles_deep.edit.splice.encoder import GROUP, new_encoder, open_encoder, tag_like
from miles_deep.edit.splice.plain import PlainSplice
from miles_deep.video.video import Video

SEQUENCE, DELIMITER = 1, 2
"""Kinds of unit (AV1 specification, 6.2.2)."""

PRESET = {"preset": "9", "crf": "18", "svtav1-params": "lp=1:pred-struct=1"}
"""With more threads SVT-AV1 hangs now and then, see `edit.codecs`. Structure 1, low delay, hides no pictures.
Preset 10 at crf 22 (SSIM 0.984 at worst on Big Buck Bunny) painted small things over in a film of 160x120."""

AV1C, AV1C_HEAD = 0x81, 4
"""First byte, and length before the units, of what containers keep (AV1 in ISOBMFF, 2.3)."""


class Av1Splice(PlainSplice):
    """Encoded runs for av1 films."""

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        super().__init__(video, source, container)
        extradata = self._context.extradata or b""
        described = extradata[AV1C_HEAD:] if extradata[:1] == bytes([AV1C]) else extradata
        self._header = b"".join(unit for kind, unit in units(described) if kind == SEQUENCE)
        self._open()

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        if not first or not self._header:
            return payload
        found = list(units(payload))
        if any(kind == SEQUENCE for kind, _ in found):
            return payload
        delimiter = found[0][1] if found and found[0][0] == DELIMITER else b""
        return delimiter + self._header + payload[len(delimiter) :]

    def _open(self) -> VideoCodecContext:
        context = new_encoder("libsvtav1", self._video, PRESET)
        context.gop_size = GROUP
        tag_like(context, self._context)
        return open_encoder(context)


def units(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, bytes) of the units (OBU) of a packet; those before the place where it is broken (5.3.2)."""
    at = 0
    while at < len(payload):
        head = payload[at]
        start = at + (2 if head & 4 else 1)
        size, behind = _leb128(payload, start) if head & 2 else (len(payload) - start, start)
        if size < 0 or behind + size > len(payload):
            return
        yield head >> 3 & 15, payload[at : behind + size]
        at = behind + size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number and the place behind it (4.10.5); -1 where there is none."""
    number = 0
    for place in range(8):
        if at + place >= len(data):
            break
        byte = data[at + place]
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    return -1, at
