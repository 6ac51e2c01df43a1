"""hevc parameter sets and slices under numbers of our choice. x265 has no setting for that.

Clauses are those of ITU-T H.265.
"""

from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

from miles_deep.video.nal import Bits, BitText, BrokenUnit, escape, exp_golomb, unescape

VIDEO, SEQUENCE, PICTURE, DELIMITER = 32, 33, 34, 35
"""Kinds of unit (table 7-1)."""

HEADER = 2
"""Bytes of a unit's header."""

SLICES = range(32)
RANDOM_ACCESS = range(16, 24)
BLA_N_LP, CRA = 18, 21

MOST = {VIDEO: 16, SEQUENCE: 16, PICTURE: 64}
"""How many numbers there are."""

NINE_BITS = range(30, 14, -1)
"""Numbers that take nine bits as Exp-Golomb: eight more than 0, which is what x265 writes, so that whatever
follows in a slice stays where it was within its bytes."""


def kind_of(unit: bytes) -> int:
    """nal_unit_type."""
    return unit[0] >> 1 & 63


@dataclass(frozen=True, slots=True)
class Numbers:
    """Under which numbers sets of our own go."""

    video: int
    sequence: int
    picture: int


def free_numbers(units: SequenceOf[bytes]) -> Numbers | None:
    """Numbers that a film's parameter sets do not use; None: they use all. Raises BrokenUnit."""
    used: dict[int, set[int]] = {kind: set() for kind in MOST}
    for unit in units:
        if kind_of(unit) in used:
            used[kind_of(unit)].add(set_number(unit))
    video = next((number for number in range(15, 0, -1) if number not in used[VIDEO]), None)
    sequence = next((number for number in range(15, 0, -1) if number not in used[SEQUENCE]), None)
    picture = next((number for number in NINE_BITS if number not in used[PICTURE]), None)
    if video is None or sequence is None or picture is None:
        return None
    return Numbers(video, sequence, picture)


def set_number(unit: bytes) -> int:
    """A parameter set's number. Raises BrokenUnit."""
    if kind_of(unit) == VIDEO:
        return Bits(unit[HEADER : HEADER + 1]).u(4)
    bits = Bits(unescape(unit[HEADER:]))
    if kind_of(unit) == SEQUENCE:
        _skip_profile(bits)
    return bits.ue()


def _skip_profile(bits: Bits) -> None:
    """What goes before a sequence parameter set's number (7.3.2.2, 7.3.3)."""
    bits.u(4)
    layers = bits.u(3)
    bits.u(1 + 88 + 8)
    told = [(bits.u(1), bits.u(1)) for _ in range(layers)]
    if layers:
        bits.u(2 * (8 - layers))
    for profile, level in told:
        bits.u(88 * profile + 8 * level)


def level(unit: bytes) -> int:
    """general_level_idc of a sequence parameter set. Raises BrokenUnit."""
    bits = Bits(unescape(unit[HEADER:]))
    bits.u(8 + 88)
    return bits.u(8)


def renumbered_set(unit: bytes, numbers: Numbers) -> bytes:
    """A parameter set of ours under its new number. Raises BrokenUnit."""
    payload = unescape(unit[HEADER:])
    text, bits = BitText(payload), Bits(payload)
    kind = kind_of(unit)
    if kind == VIDEO:
        text.replace(0, 4, f"{numbers.video:04b}")
    elif kind == SEQUENCE:
        _skip_profile(bits)
        begin = bits.position
        bits.ue()
        text.replace(begin, bits.position, exp_golomb(numbers.sequence))
        text.replace(0, 4, f"{numbers.video:04b}")
    elif kind == PICTURE:
        bits.ue(), bits.ue()
        text.replace(0, bits.position, exp_golomb(numbers.picture) + exp_golomb(numbers.sequence))
    return unit[:HEADER] + escape(text.payload())


def renumbered_slice(unit: bytes, numbers: Numbers) -> bytes:
    """A slice of ours that goes with the renumbered sets (7.3.6.1). Raises BrokenUnit.

    The code of the set's number grows from one bit to nine, so bytes only move on by one.
    """
    payload = unescape(unit[HEADER:])
    before = 2 if kind_of(unit) in RANDOM_ACCESS else 1
    bits = Bits(payload[:2])
    lead = bits.u(before)
    if bits.ue() != 0:
        raise BrokenUnit("x265 counts its parameter sets in another way than it used to")
    rest = 8 - before - 1
    head = lead << 9 | numbers.picture + 1
    head = head << rest | payload[0] & ((1 << rest) - 1)
    return unit[:HEADER] + escape(head.to_bytes(2, "big") + payload[1:])


def broken_link(unit: bytes) -> bytes:
    """A CRA picture's slice as one of a BLA picture, whose leading pictures are gone; any other unit as it is.

    Else the picture's place in the order would be told from the pictures before it (8.3.1). A unit that ends the
    sequence before it would do as well, but after it a CRA picture has decoders drop what they have not yet shown
    (C.5.2.2).
    """
    if kind_of(unit) != CRA:
        return unit
    return bytes([unit[0] & 0x81 | BLA_N_LP << 1]) + unit[1:]
