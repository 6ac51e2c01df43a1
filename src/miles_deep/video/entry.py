"""Where decoding can start within a film, and what has to be minded there."""

from contextlib import suppress
from typing import TYPE_CHECKING

from miles_deep.video.nal import (
    H264_IDR,
    H264_SEI,
    H264_SLICE,
    HEAD,
    Bits,
    BrokenUnit,
    Framing,
    framing,
    unescape,
)

if TYPE_CHECKING:
    from av.codec.context import CodecContext
    from av.packet import Packet
    from av.stream import Stream

NONE, FRESH, RECOVERY = 0, 1, 2
"""What a packet is to a decoder that starts with it.

`NONE`: no place to start. `FRESH`: nothing before it matters; all counting begins anew (h264: IDR; hevc: IDR, BLA
or CRA; other codecs: any keyframe). `RECOVERY`: an h264 picture that needs no other and is right at once, but goes
on counting from the pictures before it."""

H264_I_SLICES = (2, 7)
RECOVERY_POINT = 6
"""Kind of SEI message (ITU-T H.264, D.1)."""

HEVC_FRESH = range(16, 22)
"""BLA, IDR and CRA pictures (ITU-T H.265, table 7-1)."""


class EntryReader:
    """Tells of the keyframes of one track what kind of entry they are."""

    def __init__(self, context: "CodecContext") -> None:
        self._codec = context.codec.canonical_name
        self._framing = framing(self._codec, context.extradata)

    def read(self, packet: "Packet[Stream]") -> int:
        """`NONE`, `FRESH` or `RECOVERY`, for a packet that the container calls a keyframe."""
        if self._codec not in ("h264", "hevc"):
            return FRESH
        payload = bytes(packet)
        try:
            return _h264(payload, self._framing) if self._codec == "h264" else _hevc(payload, self._framing)
        except BrokenUnit:
            return NONE


def _hevc(payload: bytes, frame: Framing) -> int:
    kinds = [unit[0] >> 1 & 63 for unit in frame.split(payload)]
    pictures = [kind for kind in kinds if kind < 32]
    return FRESH if pictures and pictures[0] in HEVC_FRESH else NONE


def _h264(payload: bytes, frame: Framing) -> int:
    count: int | None = None
    intra: list[bool] = []
    for unit in frame.split(payload):
        kind = unit[0] & 31
        if kind == H264_IDR:
            return FRESH
        if kind == H264_SEI:
            # A decoder goes on behind a message that it cannot read.
            with suppress(BrokenUnit):
                found = recovery_frames(unit)
                count = found if found is not None else count
        elif kind == H264_SLICE:
            intra.append(is_intra_slice(unit))
    # The second field of an I frame may be predicted from the first; a recovery point says that this is all.
    right = bool(intra) and (all(intra) if count is None else count == 0 and intra[0])
    return RECOVERY if right else NONE


def is_intra_slice(unit: bytes) -> bool:
    """Whether an h264 slice is an I slice (ITU-T H.264, 7.3.3). Raises BrokenUnit."""
    bits = Bits(unescape(unit[1:HEAD]))
    bits.ue()  # first_mb_in_slice
    return bits.ue() in H264_I_SLICES


def recovery_frames(unit: bytes) -> int | None:
    """recovery_frame_cnt of an h264 SEI unit: frames until all is right; None: not told. Raises BrokenUnit."""
    data, at = unescape(unit[1:]), 0
    while at + 2 < len(data):
        kind, at = _in_bytes_of_255(data, at)
        size, at = _in_bytes_of_255(data, at)
        if kind == RECOVERY_POINT:
            return Bits(data[at : at + size]).ue()
        at += size
    return None


def _in_bytes_of_255(data: bytes, at: int) -> tuple[int, int]:
    """A number told as a sum of bytes, the last of them less than 255, and the place behind it."""
    number = 0
    while at < len(data):
        number += data[at]
        at += 1
        if data[at - 1] < 255:
            return number, at
    raise BrokenUnit("it ends too early")
