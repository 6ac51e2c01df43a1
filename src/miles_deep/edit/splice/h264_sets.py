"""h264 parameter sets: what a film's pictures are, as the bitstream tells it."""

from dataclasses import dataclass
from fractions import Fraction

from miles_deep.video.nal import Bits, BitText, BrokenUnit, escape, exp_golomb, unescape

SEQUENCE, PICTURE = 7, 8
"""Kinds of unit."""

WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose parameter sets tell the chroma format (ITU-T H.264, 7.3.2.1.1)."""

ASPECTS = (
    (0, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
    (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
"""Shapes of a pixel by number (table E-1)."""
EXTENDED_ASPECT = 255

UNSPECIFIED = 2
"""Of primaries, transfer and matrix."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence parameter set (ITU-T H.264, 7.3.2.1.1 and annex E)."""

    id: int
    profile: int
    level: int
    frame_num_bits: int
    order_type: int
    """pic_order_cnt_type."""
    order_bits: int
    """Of pic_order_cnt_lsb; 0 where there is none."""
    references: int
    plain: bool
    """Without scaling lists, separate colour planes, and orders of a cycle: any encoder's pictures go with it."""
    gaps_at: int
    """Place of gaps_in_frame_num_value_allowed_flag, in bits behind the unit's first byte."""
    frames_only: bool
    aspect: Fraction
    """Width of a pixel over its height; 0: not said."""
    full_range: bool
    colour: tuple[int, int, int]
    """Primaries, transfer, matrix."""
    chroma_place: int | None
    reorder_at: tuple[int, int] | None
    """Where max_num_reorder_frames and max_dec_frame_buffering begin and end; None: it does not tell."""
    reorder: int
    buffering: int
    separate_planes: bool
    field_pairs: bool
    """mb_adaptive_frame_field_flag."""


def read_sequence(unit: bytes) -> Sequence:
    """Read a sequence parameter set. Raises BrokenUnit."""
    bits = Bits(unescape(unit[1:]))
    profile, _, level, number = bits.u(8), bits.u(8), bits.u(8), bits.ue()
    separate, scaled = _skip_chroma(bits) if profile in WITH_CHROMA else (False, False)
    frame_num_bits = bits.ue() + 4
    order_type = bits.ue()
    order_bits = bits.ue() + 4 if order_type == 0 else 0
    if order_type == 1:
        _skip_order_cycle(bits)
    references, gaps_at = bits.ue(), bits.position
    bits.u(1)
    bits.ue(), bits.ue()
    frames_only = bool(bits.u(1))
    field_pairs = not frames_only and bool(bits.u(1))
    bits.u(1)  # direct 8x8
    if bits.u(1):
        bits.ue(), bits.ue(), bits.ue(), bits.ue()
    usage = _usage(bits) if bits.u(1) else _Usage()
    return Sequence(
        number,
        profile,
        level,
        frame_num_bits,
        order_type,
        order_bits,
        references,
        not separate and not scaled and order_type in (0, 2) and references > 0,
        gaps_at,
        frames_only,
        usage.aspect,
        usage.full_range,
        usage.colour,
        usage.chroma_place,
        usage.reorder_at,
        usage.reorder,
        usage.buffering,
        separate,
        field_pairs,
    )


@dataclass(frozen=True, slots=True)
class _Usage:
    """What annex E adds."""

    aspect: Fraction = Fraction(0)
    full_range: bool = False
    colour: tuple[int, int, int] = (UNSPECIFIED, UNSPECIFIED, UNSPECIFIED)
    chroma_place: int | None = None
    reorder_at: tuple[int, int] | None = None
    reorder: int = 0
    buffering: int = 0


def _usage(bits: Bits) -> _Usage:
    aspect, full_range, colour = _aspect(bits), False, (UNSPECIFIED,) * 3
    if bits.u(1):  # overscan
        bits.u(1)
    if bits.u(1):
        bits.u(3)
        full_range = bool(bits.u(1))
        if bits.u(1):
            colour = bits.u(8), bits.u(8), bits.u(8)
    place = (bits.ue(), bits.ue())[0] if bits.u(1) else None
    if bits.u(1):  # timing
        bits.u(32), bits.u(32), bits.u(1)
    scheduled = False
    for _ in range(2):
        if bits.u(1):
            _skip_schedule(bits)
            scheduled = True
    if scheduled:
        bits.u(1)
    bits.u(1)  # pic_struct
    if not bits.u(1):
        return _Usage(aspect, full_range, colour, place)
    bits.u(1)
    bits.ue(), bits.ue(), bits.ue(), bits.ue()
    begin = bits.position
    reorder, buffering = bits.ue(), bits.ue()
    return _Usage(aspect, full_range, colour, place, (begin, bits.position), reorder, buffering)


def _aspect(bits: Bits) -> Fraction:
    if not bits.u(1):
        return Fraction(0)
    number = bits.u(8)
    if number == EXTENDED_ASPECT:
        width, height = bits.u(16), bits.u(16)
        return Fraction(width, height) if height else Fraction(0)
    return Fraction(*ASPECTS[number]) if number < len(ASPECTS) else Fraction(0)


def _skip_chroma(bits: Bits) -> tuple[bool, bool]:
    """Chroma format, bit depths; gives whether planes are pictures of their own and there are scaling lists."""
    chroma = bits.ue()
    separate = bool(bits.u(1)) if chroma == 3 else False
    bits.ue(), bits.ue(), bits.u(1)
    scaled = bool(bits.u(1))
    if scaled:
        for number in range(12 if chroma == 3 else 8):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return separate, scaled


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = 8
    for _ in range(size):
        last = (last + bits.se()) % 256
        if last == 0:
            return


def _skip_order_cycle(bits: Bits) -> None:
    bits.u(1), bits.se(), bits.se()
    for _ in range(min(bits.ue(), 255)):
        bits.se()


def _skip_schedule(bits: Bits) -> None:
    """hrd_parameters."""
    count = bits.ue() + 1
    bits.u(8)
    for _ in range(min(count, 32)):
        bits.ue(), bits.ue(), bits.u(1)
    bits.u(20)


def picture_set_ids(unit: bytes) -> tuple[int, int]:
    """Numbers of a picture parameter set and of the sequence parameter set it goes with. Raises BrokenUnit."""
    bits = Bits(unescape(unit[1:32]))
    return bits.ue(), bits.ue()


def reordering_like(unit: bytes, reorder: int) -> bytes:
    """A sequence parameter set that says so many frames are reordered, if it said fewer. Raises BrokenUnit."""
    sequence = read_sequence(unit)
    if sequence.reorder_at is None:
        raise BrokenUnit("it does not tell of reordering")
    if sequence.reorder >= reorder:
        return unit
    text = BitText(unescape(unit[1:]))
    text.replace(*sequence.reorder_at, exp_golomb(reorder) + exp_golomb(max(sequence.buffering, reorder)))
    return unit[:1] + escape(text.payload())


def allowing_gaps(unit: bytes) -> bytes:
    """A sequence parameter set under which numbers of frames may be left out. Raises BrokenUnit."""
    at = read_sequence(unit).gaps_at
    text = BitText(unescape(unit[1:]))
    text.replace(at, at + 1, "1")
    return unit[:1] + escape(text.payload())


def going_with(unit: bytes, sequence: int) -> bytes:
    """A picture parameter set that goes with the sequence parameter set of another number. Raises BrokenUnit."""
    bits = Bits(unescape(unit[1:]))
    bits.ue()
    begin = bits.position
    bits.ue()
    text = BitText(unescape(unit[1:]))
    text.replace(begin, bits.position, exp_golomb(sequence))
    return unit[:1] + escape(text.payload())
