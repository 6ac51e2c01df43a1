"""Look at what was made: every join decoded as a player would, and compared with the films."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from miles_deep.edit.codecs import video_encoder
from miles_deep.edit.pieces import EditPlan
from miles_deep.edit.verify.blurred import unblurred
from miles_deep.edit.verify.counted import miscounted
from miles_deep.edit.verify.in_step import out_of_step, to_hear
from miles_deep.edit.verify.joins import Layout, Passage
from miles_deep.edit.verify.look import Kind, Look, Trouble
from miles_deep.edit.verify.originals import Originals
from miles_deep.edit.verify.player import Player
from miles_deep.edit.verify.progress import Looked, Progress
from miles_deep.errors import VideoError
from miles_deep.video.probing import probe
from miles_deep.video.video import Video


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of an output that is not as planned."""

    time: Fraction
    """Seconds of the output."""
    what: str
    """In a user's words."""
    film: int
    """Number of the film that it is of."""
    keyframes: frozenset[int]
    """Numbers, in the film's packet index, of keyframes at which copying shall neither begin nor end next time;
    empty where none is to blame."""
    sound: int | None = None
    """Index, in the first film's file, of the sound track that is at fault; None: it is the picture."""


def faults(videos: Sequence[Video], plan: EditPlan, made: Path, progress: Progress | None = None) -> list[Fault]:
    """What is wrong with an output, in order of time; nothing, if all is well.

    Around every place where one part of the plan meets another, at the beginning and at the end, the output is
    decoded by one decoder from a keyframe over the place to another keyframe: the frames have to be those planned,
    in number, order and time; copied ones have to be the film's own, bit for bit, encoded ones alike. Everywhere
    else its packets are counted, and what is blurred is looked at each second. Sound has to be in step with the
    picture where pieces begin and end.

    Args:
        videos: the films, by `Piece.film`.
        plan: what was to be made.
        made: the finished file.
        progress: is told how many seconds of how many were looked at.

    Raises:
        VideoError: a film cannot be read.
    """
    layout = Layout(videos, plan)
    try:
        film = probe(made)
        _ = film.index
    except VideoError:
        troubles = [Trouble(Kind.BROKEN, layout.starts[n], n) for n in range(len(layout.parts))]
        return list(_told(troubles, layout))
    rounding = film.index.tick + max(video.index.tick for video in videos)
    if not plan.copied_frames:
        rounding += max(video.index.usual_gap for video in videos) / 2
    timed = not _counts_frames(videos, plan, film)
    passages = _passages(layout, film, rounding) if timed else []
    looked = Looked(_to_see(layout, passages) + to_hear(plan, film), progress)
    troubles = list(_pictures(videos, layout, film, passages, rounding, looked))
    faulty = {trouble.part for trouble in troubles}
    troubles += unblurred(layout, film, rounding, looked)
    if timed:
        troubles += miscounted(layout, videos, film, rounding, faulty)
    found = list(_told(troubles, layout))
    for sound in out_of_step(videos, plan, film, looked):
        found.append(Fault(sound.time, sound.what, sound.film, frozenset(), sound.stream))
    looked.all()
    return sorted(found, key=lambda fault: fault.time)


def _counts_frames(videos: Sequence[Video], plan: EditPlan, film: Video) -> bool:
    """Whether frames of unequal length may be elsewhere, since their encoder knows no time but the frame rate."""
    if plan.copied_frames or not any(video.variable_frame_rate for video in videos):
        return False
    return video_encoder(film.streams[film.picture].codec, film.container).fixed_rate


def _passages(layout: Layout, film: Video, rounding: Fraction) -> list[Passage]:
    jump = layout.jump(film.keyframes, rounding)
    return [*layout.passages(film.keyframes, rounding), *([jump] if jump is not None else [])]


def _to_see(layout: Layout, passages: Sequence[Passage]) -> Fraction:
    """Seconds of picture that are looked at."""
    blurred = [
        layout.ends(number) - layout.starts[number] for number, (piece, _) in enumerate(layout.parts) if piece.blur
    ]
    return sum((*blurred, *(_length(passage, layout.length) for passage in passages)), Fraction(0))


def _length(passage: Passage, whole: Fraction) -> Fraction:
    """Seconds that are looked at of an output of so many."""
    return max(Fraction(0), min(passage.end, whole) - max(passage.start, Fraction(0)))


def _told(troubles: Sequence[Trouble], layout: Layout) -> Iterator[Fault]:
    """Faults: for each part, one of a kind."""
    for number, kind in sorted({(trouble.part, trouble.kind) for trouble in troubles}):
        alike = [trouble for trouble in troubles if (trouble.part, trouble.kind) == (number, kind)]
        count, time = sum(trouble.count for trouble in alike), min(trouble.time for trouble in alike)
        blamed = layout.keyframes(number, time)
        for film in sorted({layout.parts[number][0].film, *blamed}):
            yield Fault(time, kind.told(count), film, blamed.get(film, frozenset()))


def _pictures(
    videos: Sequence[Video],
    layout: Layout,
    film: Video,
    passages: Sequence[Passage],
    rounding: Fraction,
    looked: Looked,
) -> Iterator[Trouble]:
    """Decode every join, and look."""
    with closing(Player(film)) as player, closing(Originals(videos)) as originals:
        for passage in passages:
            if passage.left is not None:
                originals.rewind()
            look = Look(layout, originals, rounding)
            if look.over(passage, player.frames(passage), player.reading):
                # Maybe the film itself is damaged here: now for all of what the output's decoder saw.
                player.rewind()
                with (
                    closing(Originals(videos, strict=True)) as sure,
                    closing(Originals(videos, alone=True)) as again,
                ):
                    look = Look(layout, sure, rounding, again)
                    yield from look.over(passage, player.frames(passage), player.reading)
            looked(_length(passage, layout.length))
