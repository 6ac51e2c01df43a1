"""h264 slice headers: read, and written anew for another sequence parameter set (ITU-T H.264, 7.3.3)."""

from dataclasses import dataclass

from miles_deep.edit.splice.h264_sets import Sequence
from miles_deep.video.nal import H264_IDR, HEAD, Bits, BrokenUnit, escape, exp_golomb, unescape

INTER, INTRA = 0, 2
"""Types of slice, P and I, modulo 5."""


@dataclass(frozen=True, slots=True)
class Coding:
    """What a picture parameter set tells of the slices that go with it."""

    arithmetic: bool
    """entropy_coding_mode_flag: the slice's data begin at a byte."""
    field_orders: bool
    """bottom_field_pic_order_in_frame_present_flag."""
    deblocking: bool
    """deblocking_filter_control_present_flag."""
    weighted: bool


def read_coding(unit: bytes) -> Coding:
    """Read a picture parameter set of x264's (7.3.2.2). Raises BrokenUnit."""
    bits = Bits(unescape(unit[1:]))
    bits.ue(), bits.ue()
    arithmetic, field_orders = bool(bits.u(1)), bool(bits.u(1))
    if bits.ue():
        raise BrokenUnit("slice groups")
    bits.ue(), bits.ue()
    weighted = bool(bits.u(3))
    bits.se(), bits.se(), bits.se()
    return Coding(arithmetic, field_orders, bool(bits.u(1)), weighted)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is in the counting of frames and of the order shown."""

    frame_num: int
    order: int
    """pic_order_cnt_lsb; 0 where the bitstream does not hold it."""


def place_of(unit: bytes, sequence: Sequence) -> Place:
    """Where a slice's picture is. Raises BrokenUnit."""
    bits = Bits(unescape(unit[1:HEAD]))
    bits.ue(), bits.ue(), bits.ue()
    frame_num = bits.u(sequence.frame_num_bits)
    if not sequence.frames_only and bits.u(1):
        bits.u(1)
    if unit[0] & 31 == H264_IDR:
        bits.ue()
    return Place(frame_num, bits.u(sequence.order_bits) if sequence.order_type == 0 else 0)


def replaced(
    unit: bytes, ours: Sequence, coding: Coding, theirs: Sequence, place: Place, bottom: int = 0
) -> bytes:
    """A slice of x264's that was made under one sequence parameter set, for another one, and put to a place there.

    `bottom` is how much later the bottom field is shown than the top field.

    Raises BrokenUnit: it holds what we do not have x264 use.
    """
    payload = unescape(unit[1:])
    bits = Bits(payload[:HEAD])
    first, kind, picture_set = bits.ue(), bits.ue(), bits.ue()
    bits.u(ours.frame_num_bits)
    text = exp_golomb(first) + exp_golomb(kind) + exp_golomb(picture_set)
    text += f"{place.frame_num % (1 << theirs.frame_num_bits):0{theirs.frame_num_bits}b}"
    if not ours.frames_only:
        if bits.u(1):
            raise BrokenUnit("fields")
        text += "0"
    if unit[0] & 31 == H264_IDR:
        text += exp_golomb(bits.ue())
    bits.u(ours.order_bits)
    if theirs.order_type == 0:
        text += f"{place.order % (1 << theirs.order_bits):0{theirs.order_bits}b}"
    if coding.field_orders and ours.order_type == 0:
        bits.se()
    if coding.field_orders and theirs.order_type == 0:
        text += exp_golomb(2 * bottom - 1 if bottom > 0 else -2 * bottom)
    begin = bits.position
    _skip_rest(bits, kind % 5, unit, coding)
    text += _between(payload, begin, bits.position)
    data = _aligned(text, payload, bits.position) if coding.arithmetic else _moved(text, payload, bits.position)
    return unit[:1] + escape(data)


def _skip_rest(bits: Bits, kind: int, unit: bytes, coding: Coding) -> None:
    """From the references on to the end of the header."""
    if kind not in (INTER, INTRA) or coding.weighted:
        raise BrokenUnit("B slices or weights")
    if kind == INTER:
        if bits.u(1):
            bits.ue()
        if bits.u(1):
            while bits.ue() != 3:
                bits.ue()
    if unit[0] & 31 == H264_IDR:
        bits.u(2)
    elif unit[0] >> 5 & 3 and bits.u(1):
        raise BrokenUnit("orders to forget pictures")
    if coding.arithmetic and kind == INTER:
        bits.ue()
    bits.se()
    if coding.deblocking and bits.ue() != 1:
        bits.se(), bits.se()


def _between(payload: bytes, begin: int, end: int) -> str:
    return "".join(f"{byte:08b}" for byte in payload[: end // 8 + 1])[begin:end]


def _aligned(header: str, payload: bytes, end: int) -> bytes:
    """A header, ones up to the next byte, and the data that began at one."""
    header += "1" * (-len(header) % 8)
    return int(header, 2).to_bytes(len(header) // 8, "big") + payload[(end + 7) // 8 :]


def _moved(header: str, payload: bytes, end: int) -> bytes:
    """A header, the data right behind it, trailing bits."""
    length = 8 * len(payload) - end
    data = int.from_bytes(payload, "big") & ((1 << length) - 1)
    zeros = (data & -data).bit_length() - 1
    data, length = data >> zeros, length - zeros
    whole, bits = int(header, 2) << length | data, len(header) + length
    return (whole << -bits % 8).to_bytes((bits + 7) // 8, "big")
