"""The planner, over made-up films: what is asked for comes out, once, in order, and nothing is missing."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from miles_deep.edit import MODES, Copy, EditPlan, Effect, Encode, Treatment, plan_edit
from miles_deep.errors import OptionError
from miles_deep.timecode import Span, merge, overlap, within
from miles_deep.video.entry import FRESH, NONE, RECOVERY
from miles_deep.video.packets import PacketIndex

TICKS = [Fraction(1, 25), Fraction(1, 1000), Fraction(1, 90_000), Fraction(1001, 30_000)]


def index_of(order: list[int], keyframes: set[int], times: list[int], tick: Fraction) -> PacketIndex:
    """An index of packets in decoding `order`, given by the number of their frame in the order of showing."""
    pts = np.array([times[number] for number in order], np.int64)
    return PacketIndex(
        tick=tick,
        pts=pts,
        keyframe=np.array([number in keyframes for number in order]),
        entry=np.array([FRESH if number in keyframes else NONE for number in order], np.uint8),
        size=np.full(len(order), 1000, np.int64),
        stamp=pts,
        last_duration=max(1, times[-1] - times[-2] if len(times) > 1 else 1),
    )


@st.composite
def indexes(draw: st.DrawFn) -> PacketIndex:
    """Films of 1 to 6 groups: P and B pictures, open groups with leading pictures, uneven and hidden frames."""
    order: list[int] = []
    keyframes: set[int] = set()
    for _ in range(draw(st.integers(1, 6))):
        begin, length = len(order), draw(st.integers(1, 12))
        leading = draw(st.integers(0, min(2, length - 1)))
        keyframes.add(begin + leading)
        order += [begin + leading, *range(begin, begin + leading)]
        at = begin + leading + 1
        while at < begin + length:
            after = min(at + draw(st.integers(1, 4)), begin + length)
            order += [after - 1, *range(at, after - 1)]
            at = after
    tick = draw(st.sampled_from(TICKS))
    frame = max(1, round(Fraction(1, 25) / tick))
    gaps = draw(st.lists(st.integers(1, 5 * frame), min_size=len(order), max_size=len(order)) | st.just([]))
    times = [0]
    for gap in (gaps or [frame] * len(order))[1:]:
        times.append(times[-1] + gap)
    hidden = draw(st.just(0) | st.integers(0, len(order) - 1))
    return index_of(order, keyframes, [time - times[hidden] for time in times], tick)


def spans_in(index: PacketIndex) -> st.SearchStrategy[list[Span]]:
    """Spans anywhere in and behind a film: on frames, a little beside them, touching, overlapping."""
    edges = st.sampled_from([*index.frame_times, index.end]).flatmap(
        lambda time: st.sampled_from([time, time + index.tick / 3, max(Fraction(0), time - index.tick / 7)])
    ) | st.fractions(0, ceil(index.end) + 2, max_denominator=10_000)
    pairs = st.tuples(edges, edges).filter(lambda pair: pair[0] != pair[1])
    return st.lists(pairs.map(lambda pair: Span(min(pair), max(pair))), min_size=1, max_size=6)


@st.composite
def films_and_spans(draw: st.DrawFn) -> tuple[PacketIndex, list[Span]]:
    index = draw(indexes())
    return index, draw(spans_in(index))


def asked(index: PacketIndex, spans: list[Span]) -> list[Fraction]:
    """Times of the frames in any of the spans."""
    return [time for time in index.frame_times if any(span.start <= time < span.end for span in spans)]


def shown_in(index: PacketIndex, span: Span) -> list[Fraction]:
    return [time for time in index.frame_times if span.start <= time < span.end]


def plan_or_none(spans: list[Span], index: PacketIndex, mode: str) -> EditPlan | None:
    try:
        return plan_edit(spans, index, mode)  # type: ignore[arg-type]
    except OptionError as error:
        assert str(error).startswith("nothing to ")
        return None


@given(films_and_spans())
def test_encode_keeps_every_frame_of_the_spans_once_and_no_other(given: tuple[PacketIndex, list[Span]]) -> None:
    index, spans = given
    plan = plan_or_none(spans, index, "encode")
    wanted = asked(index, spans)
    if plan is None:
        assert not wanted
        return
    delivered = [time for piece in plan.pieces for time in shown_in(index, piece.span)]
    assert delivered == wanted
    for piece in plan.pieces:
        # One that is held over the start of what was asked for comes along, from there on.
        held = piece.span.start not in index.frame_times
        assert piece.frames == len(shown_in(index, piece.span)) + held
        if held:
            following = min((*shown_in(index, Span(piece.span.start, 10**6)), index.end, piece.asked.end))
            assert piece.span.start == piece.asked.start and following - piece.span.start >= index.usual_gap
        if piece.span.end not in (*index.frame_times, index.end):
            after = min((*shown_in(index, Span(piece.span.end, 10**6)), index.end))
            assert piece.span.end == piece.asked.end and after - piece.span.end >= index.usual_gap


def test_a_slide_show_is_cut_where_it_was_asked() -> None:
    """Frames at 0, 9.9 and 60 s, the last until 120 s: what is shown in a span comes out, and no more of it."""
    pts = np.array([0, 99, 600])
    key = np.array([True, True, True])
    index = PacketIndex(Fraction(1, 10), pts, key, key.astype(np.uint8) * FRESH, pts, pts, 600)
    plan = plan_edit([Span(5, 8), Span(10, 50), Span(70, 200)], index, "encode")
    assert [(piece.span, piece.frames) for piece in plan.pieces] == [
        (Span(5, 8), 1),
        (Span(10, 50), 1),
        (Span(70, 120), 1),
    ]
    both = plan_edit([Span(Fraction(985, 100), 20)], index, "encode").pieces[0]
    assert (both.span, both.frames) == (Span(Fraction(99, 10), 20), 1)


@given(films_and_spans())
def test_copy_takes_whole_groups_once_and_misses_nothing(given: tuple[PacketIndex, list[Span]]) -> None:
    index, spans = given
    plan = plan_or_none(spans, index, "copy")
    keyframes = index.keyframes
    wanted = [time for time in asked(index, spans) if keyframes and time >= keyframes[0]]
    if plan is None:
        assert not wanted
        return
    delivered = [time for piece in plan.pieces for time in shown_in(index, piece.span)]
    assert set(wanted) <= set(delivered)
    assert delivered == sorted(set(delivered))
    for piece in plan.pieces:
        [part] = piece.parts
        assert isinstance(part, Copy) and part.span == piece.span
        assert index.keyframe[part.first_packet]
        assert piece.span.start == int(index.pts[part.first_packet]) * index.tick
        assert piece.span.start <= piece.asked.start or piece.span.start == keyframes[0]
        assert not [time for time in keyframes if piece.span.start < time <= piece.asked.start]
        assert set(wanted) & set(shown_in(index, piece.span)), "there is something asked for in every piece"
        # What is taken, and can be decoded, is what the plan promises: no more, no fewer, no holes.
        taken = index.pts[part.first_packet : part.last_packet + 1]
        decodable = sorted(int(ticks) * index.tick for ticks in taken if ticks >= taken[0])
        assert decodable == shown_in(index, piece.span)
        assert piece.frames == len(decodable)
    for one, following in pairwise(plan.pieces):
        assert one.parts[-1].last_packet < following.parts[0].first_packet
        assert one.span.end <= following.span.start


EXACT = ("smart", "encode")


@given(films_and_spans(), st.booleans(), st.data())
def test_smart_gives_every_frame_asked_for_once_and_copies_whole_groups(
    given: tuple[PacketIndex, list[Span]], lands: bool, data: st.DataObject
) -> None:
    index, spans = given
    kinds = st.sampled_from([FRESH, FRESH, RECOVERY, NONE])
    index = replace(index, entry=np.array([data.draw(kinds) if key else NONE for key in index.keyframe], np.uint8))
    avoid = data.draw(st.sets(st.sampled_from(np.flatnonzero(index.keyframe).tolist()), max_size=2))
    wanted = asked(index, spans)
    try:
        plan = plan_edit(spans, index, "smart", lands=lands, avoid=avoid)
    except OptionError:
        assert not wanted
        return
    exact = plan_edit(spans, index, "encode")
    assert [(piece.span, piece.frames) for piece in plan.pieces] == [(p.span, p.frames) for p in exact.pieces]
    for piece in plan.pieces:
        assert [part.span.start for part in piece.parts] == [
            piece.span.start,
            *(part.span.end for part in piece.parts[:-1]),
        ]
        assert piece.parts[-1].span.end == piece.span.end
        for part in piece.parts:
            held = part.span.start not in index.frame_times
            assert part.frames == len(shown_in(index, part.span)) + held
            if isinstance(part, Copy):
                check_copy(part, index, avoid, first=part is piece.parts[0], lands=lands)


def check_copy(part: Copy, index: PacketIndex, avoid: set[int], first: bool, lands: bool) -> None:
    """It begins where a decoder can, holds all of what is shown in it, and ends with a group."""
    keyframes = [*np.flatnonzero(index.keyframe).tolist(), len(index.pts)]
    assert part.first_packet in keyframes and part.last_packet + 1 in keyframes
    assert not {part.first_packet, part.last_packet + 1} & avoid
    kind = index.entry[part.first_packet]
    assert kind == FRESH or (kind == RECOVERY and lands and not first)
    taken = index.pts[part.first_packet : part.last_packet + 1]
    decodable = sorted(int(ticks) for ticks in taken if ticks >= taken[0])
    held = decodable[0] * index.tick < part.span.start
    shown = [round(time / index.tick) for time in shown_in(index, part.span)]
    assert decodable == [decodable[0]] * held + shown
    # Nothing that is left out of the packets in between is needed by those that are kept, nor shown among them.
    others = [*index.pts[: part.first_packet], *index.pts[part.last_packet + 1 :]]
    assert not [ticks for ticks in others if decodable[0] <= ticks <= decodable[-1]]


def test_smart_copies_all_that_it_can() -> None:
    [piece] = plan_edit([Span(Fraction(3, 2), Fraction(15, 4))], SECONDS_25, "smart").pieces
    assert [(type(part), part.span, part.frames) for part in piece.parts] == [
        (Encode, Span(Fraction(38, 25), 2), 12),
        (Copy, Span(2, 3), 25),
        (Encode, Span(3, Fraction(94, 25)), 19),
    ]
    assert [part.reason for part in piece.parts] == [
        "begins inside a group of pictures",
        "1 whole group of pictures",
        "ends inside a group of pictures",
    ]


def test_a_film_of_keyframes_is_copied_frame_by_frame() -> None:
    intra = index_of(list(range(100)), set(range(100)), list(range(100)), Fraction(1, 25))
    plan = plan_edit([Span(Fraction(1, 3), 1), Span(2, Fraction(7, 3))], intra, "smart")
    assert [[type(part) for part in piece.parts] for piece in plan.pieces] == [[Copy], [Copy]]


def test_edges_of_spans_that_follow_each_other_are_one_encoders_work() -> None:
    """And so are groups that are too short to be worth another one."""
    spans = [Span(Fraction(1, 2), Fraction(3, 2)), Span(Fraction(17, 10), Fraction(5, 2))]
    plan = plan_edit(spans, SECONDS_25, "smart")
    assert [len(run) for run in plan.runs] == [2]
    spans = [Span(Fraction(1, 2), Fraction(5, 2)), Span(Fraction(27, 10), 4)]
    assert [len(run) for run in plan_edit(spans, SECONDS_25, "smart").runs] == [1, 1, 2, 1]
    short = index_of(list(range(40)), set(range(0, 40, 4)), list(range(40)), Fraction(1, 25))
    [piece] = plan_edit([Span(Fraction(3, 25), Fraction(9, 25))], short, "smart").pieces
    assert [part.reason for part in piece.parts] == [
        "whole groups of pictures in it are too short to be worth a copy"
    ]


def test_avoiding_keyframes_encodes_more() -> None:
    span = Span(Fraction(1, 2), Fraction(7, 2))
    [piece] = plan_edit([span], SECONDS_25, "smart", avoid={25}).pieces
    assert piece.parts[1].span == Span(2, 3)
    [piece] = plan_edit([span], SECONDS_25, "smart", avoid={25, 75}).pieces
    assert [type(part) for part in piece.parts] == [Encode]


@st.composite
def effects_in(draw: st.DrawFn, index: PacketIndex) -> list[Effect]:
    treatments = st.builds(Treatment, st.booleans(), st.booleans(), st.sampled_from([1, 2, 8, Fraction(1, 2)]))
    return [Effect(span, draw(treatments)) for span in draw(spans_in(index) | st.just([]))]


@given(films_and_spans(), st.sampled_from(EXACT), st.data())
def test_effects_change_nothing_of_what_is_shown_but_how(
    given: tuple[PacketIndex, list[Span]], mode: str, data: st.DataObject
) -> None:
    index, spans = given
    effects = data.draw(effects_in(index))
    wanted = asked(index, spans)
    try:
        plan = plan_edit(spans, index, mode, effects)  # type: ignore[arg-type]
    except OptionError:
        assert not wanted
        return
    assert [time for piece in plan.pieces for time in shown_in(index, piece.span)] == wanted
    for piece in plan.pieces:
        over = [effect.treatment for effect in effects if overlap(effect.span, piece.asked)]
        assert piece.blur == any(one.blur for one in over)
        silent = merge(effect.span for effect in effects if effect.treatment.mute)
        assert list(piece.muted) == within(silent, piece.asked)
        assert piece.output_end - piece.output_start == piece.span.length / piece.speed
        if piece.blur or piece.speed != 1:
            assert [type(part) for part in piece.parts] == [Encode]
        shown = len(shown_in(index, piece.span)) + (piece.span.start not in index.frame_times)
        assert 1 <= piece.frames <= shown
        if piece.speed <= 1:
            assert piece.frames == shown


def test_eight_times_as_fast_is_every_eighth_frame() -> None:
    effects = [Effect(Span(1, 3), Treatment(speed=8))]
    before, fast, after = plan_edit([Span(0, 4)], SECONDS_25, "smart", effects).pieces
    assert [piece.frames for piece in (before, fast, after)] == [25, 6, 25]
    assert after.output_start == Fraction(5, 4)
    assert fast.parts[0].reason == "8 times as fast"


def test_copy_changes_nothing() -> None:
    with pytest.raises(OptionError, match="use smart"):
        plan_edit([Span(0, 4)], SECONDS_25, "copy", [Effect(Span(1, 3), Treatment(mute=True))])


def test_films_behind_each_other() -> None:
    one = plan_edit([Span(0, 2), Span(3, 4)], SECONDS_25, "smart")
    both = one.then(plan_edit([Span(1, 2)], SECONDS_25, "smart")).then(one)
    assert [(piece.film, piece.output_start) for piece in both.pieces] == [
        (0, 0),
        (0, 2),
        (1, 3),
        (2, 4),
        (2, 6),
    ]
    assert (both.length, both.frames, both.copied_frames) == (7, 175, 175)


@given(films_and_spans(), st.sampled_from(MODES))
def test_pieces_follow_each_other_in_the_output(given: tuple[PacketIndex, list[Span]], mode: str) -> None:
    index, spans = given
    plan = plan_or_none(spans, index, mode)
    assume(plan is not None)
    assert plan is not None
    assert plan.pieces[0].output_start == 0
    for one, following in pairwise(plan.pieces):
        assert following.output_start == one.output_end
        assert following.output_time(following.span.start) == one.output_time(one.span.end)
    assert plan.length == sum(piece.span.length for piece in plan.pieces)


@given(films_and_spans(), st.sampled_from(MODES), st.randoms())
def test_order_and_overlap_of_the_spans_do_not_matter(
    given: tuple[PacketIndex, list[Span]], mode: str, dice: Random
) -> None:
    index, spans = given
    shuffled = [*spans, *merge(spans)]
    dice.shuffle(shuffled)
    assert plan_or_none(shuffled, index, mode) == plan_or_none(spans, index, mode)


SECONDS_25 = index_of(list(range(100)), set(range(0, 100, 25)), list(range(100)), Fraction(1, 25))
"""Four seconds of 25 frames, a keyframe each second."""


def test_a_span_between_two_frames_is_left_out() -> None:
    between = Span(Fraction(201, 100), Fraction(203, 100))
    assert plan_edit([between, Span(3, 4)], SECONDS_25, "encode").pieces[0].span == Span(3, 4)
    with pytest.raises(OptionError, match="nothing to keep"):
        plan_edit([between], SECONDS_25, "encode")


def test_encode_to_the_frame_and_copy_from_the_keyframe() -> None:
    span = Span(Fraction(3, 2), Fraction(11, 4))
    [encoded] = plan_edit([span], SECONDS_25, "encode").pieces
    assert encoded.span == Span(Fraction(38, 25), Fraction(69, 25))
    assert encoded.frames == 31
    [copied] = plan_edit([span], SECONDS_25, "copy").pieces
    assert copied.span == Span(1, Fraction(69, 25))
    assert copied.frames == 44
    assert copied.parts[0].reason == "copied from the keyframe 0.500 s before"


def test_two_spans_of_one_group_are_copied_as_one_piece() -> None:
    spans = [Span(Fraction(5, 4), Fraction(3, 2)), Span(Fraction(7, 4), Fraction(9, 4))]
    [piece] = plan_edit(spans, SECONDS_25, "copy").pieces
    assert (piece.span, piece.asked) == (Span(1, Fraction(57, 25)), Span(Fraction(5, 4), Fraction(9, 4)))
    assert len(plan_edit(spans, SECONDS_25, "encode").pieces) == 2


def test_copy_without_a_keyframe_that_is_shown() -> None:
    hidden = index_of(list(range(50)), {0}, list(range(-5, 45)), Fraction(1, 25))
    with pytest.raises(OptionError, match="no keyframe of this film is shown"):
        plan_edit([Span(0, 1)], hidden, "copy")
    assert plan_edit([Span(0, 1)], hidden, "encode").pieces[0].frames == 25


@pytest.mark.parametrize("mode", MODES)
def test_nothing_to_keep(mode: str) -> None:
    with pytest.raises(OptionError, match="no spans were given"):
        plan_edit([], SECONDS_25, mode)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="the film ends at 4 s"):
        plan_edit([Span(4, 5), Span(7, 8)], SECONDS_25, mode)  # type: ignore[arg-type]


def test_unknown_mode_lists_the_modes() -> None:
    with pytest.raises(OptionError, match=r"no mode 'clever'; there are: smart, copy, encode"):
        plan_edit([Span(0, 1)], SECONDS_25, "clever")  # type: ignore[arg-type]
