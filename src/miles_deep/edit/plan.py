"""The edit plan: which stretches of the source make up the output. Pure: numbers in, numbers out."""

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from miles_deep.edit.groups import Groups
from miles_deep.edit.loose import loose_pieces
from miles_deep.edit.pieces import MODES, Copy, EditPlan, Encode, Mode, Part, Piece
from miles_deep.edit.treatment import Effect, Pace, Stretch, treated
from miles_deep.errors import OptionError
from miles_deep.timecode import Span
from miles_deep.video.packets import PacketIndex

SHORTEST_COPY = 6
"""Frames that have to lie between two encoded stretches to be copied: fewer are encoded in the time in which
another encoder gets going."""


def plan_edit(
    spans: Iterable[Span],
    index: PacketIndex,
    mode: Mode = "smart",
    effects: Sequence[Effect] = (),
    *,
    lands: bool = False,
    avoid: Collection[int] = (),
) -> EditPlan:
    """Plan an output of the given spans, in order of time; spans that overlap or touch are made one.

    `smart` and `encode` keep the frames whose time lies in a span, no more and no fewer, but for one that is held
    so long that it is still shown as the span begins; it comes out from there on. `smart` copies whole groups of
    pictures wherever it can, and encodes the frames before and after them. `copy` takes packets from the keyframe
    at or before a span's start to the first place after its end at which no frame is missing; frames before the
    first keyframe that is shown cannot be had that way.

    Args:
        spans: what to keep, in seconds from the video's start.
        index: the film's packets.
        mode: one of `MODES`.
        effects: what is done to stretches of what is kept.
        lands: of `smart`: whether copying may begin at a recovery point, see `Groups`.
        avoid: of `smart`: numbers of keyframes at which copying neither begins nor ends.

    Raises:
        OptionError: an unknown mode, no span, no frame in any of them, or, for `copy`, no keyframe or an effect.
    """
    if mode not in MODES:
        raise OptionError(f"no mode {mode!r}; there are: {', '.join(MODES)}")
    wanted = treated(spans, effects)
    if not wanted:
        raise OptionError("nothing to keep: no spans were given")
    if mode == "copy":
        if any(one.blur or one.speed != 1 or one.muted for one in wanted):
            raise OptionError("mode copy changes nothing: to blur, mute or speed up, use smart")
        pieces = loose_pieces([one.span for one in wanted], index)
    else:
        pieces = _exact(wanted, index, Groups(index, lands, avoid) if mode == "smart" else None)
    if not pieces:
        raise OptionError(f"nothing to keep: the film ends at {float(index.end):g} s, before the spans")
    return EditPlan(mode, tuple(pieces))


def _exact(wanted: Sequence[Stretch], index: PacketIndex, groups: Groups | None) -> list[Piece]:
    """Pieces that hold the frames asked for and no other."""
    pieces: list[Piece] = []
    output = Fraction(0)
    for stretch in wanted:
        asked = stretch.span
        first, after = index.frames_in(asked)
        start, end = _time(index, first), _time(index, after)
        usual = index.usual_gap
        if first > 0 and start > asked.start and min(start, asked.end) - asked.start >= usual:
            # A frame that is held for long is still shown when the span begins: it comes along, for the rest.
            first, start = first - 1, asked.start
        if first == after:
            continue
        if end - asked.end >= usual:
            end = asked.end  # the last one is held on
        span = Span(start, end)
        if stretch.blur or stretch.speed != 1:
            parts: tuple[Part, ...] = (_altered(span, stretch, first, after, index),)
        elif groups is None:
            parts = (Encode(span, after - first, "every frame encoded anew"),)
        else:
            parts = _parts(span, first, after, index, groups)
        pieces.append(Piece(asked, span, output, parts, stretch.blur, stretch.speed, stretch.muted))
        output = pieces[-1].output_end
    return pieces


def _altered(span: Span, how: Stretch, first: int, after: int, index: PacketIndex) -> Encode:
    pace = Pace(how.speed, index.usual_gap, span.end)
    frames = sum(pace.takes(max(span.start, index.frame_times[frame])) for frame in range(first, after))
    done = ["blurred"] * how.blur
    if how.speed != 1:
        done.append(f"{float(how.speed):g} times as fast")
    return Encode(span, frames, ", ".join(done))


def _parts(span: Span, first: int, after: int, index: PacketIndex, groups: Groups) -> tuple[Part, ...]:
    """The parts of one piece: what can be copied of it, and what is left before and after that."""
    whole = groups.within(first, after)
    if whole is None:
        return (Encode(span, after - first, "holds no whole group of pictures"),)
    before, rest = whole.first_frame - first, after - whole.after
    if before and rest and whole.after - whole.first_frame < SHORTEST_COPY:
        return (Encode(span, after - first, "whole groups of pictures in it are too short to be worth a copy"),)
    start = max(span.start, _time(index, whole.first_frame))
    end = span.end if not rest else _time(index, whole.after)
    parts: list[Part] = []
    if before:
        parts.append(Encode(Span(span.start, start), before, "begins inside a group of pictures"))
    count = f"{whole.groups} whole group{'s' * (whole.groups > 1)} of pictures"
    parts.append(
        Copy(Span(start, end), whole.after - whole.first_frame, whole.first_packet, whole.last_packet, count)
    )
    if rest:
        parts.append(Encode(Span(end, span.end), rest, "ends inside a group of pictures"))
    return tuple(parts)


def _time(index: PacketIndex, frame: int) -> Fraction:
    """When the n-th frame is shown; the film's end after the last one."""
    return int(index.frame_ticks[frame]) * index.tick if frame < len(index.frame_ticks) else index.end
