"""Cutlists in the situations that matter to exports for editors, for the golden files."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np

from fake_film import packets
from miles_deep import Segment, Span, Video
from miles_deep.export.cutlist import Cutlist
from miles_deep.timecode import merge
from miles_deep.video import Colour, Orientation, Stream

NTSC = Fraction(1000, 1001)
STEREO = (2,)


def sound(number: int, channels: int, language: str | None = "eng") -> Stream:
    """An audio track."""
    return Stream(number + 1, "audio", "aac", language, None, (), channels, 48000)


def film(
    ticks: Sequence[int],
    tick: Fraction,
    last: int,
    rate: Fraction | None,
    *,
    name: str = "my film.mp4",
    timecode: str | None = None,
    channels: Sequence[int] = STEREO,
    size: tuple[int, int] = (1920, 1080),
    pixel_aspect: Fraction = Fraction(1),
    turned: bool = False,
) -> Video:
    """A film of which there are only a header and a table of packets.

    Args:
        ticks: when its frames are shown.
        tick: seconds.
        last: ticks for which its last frame is shown.
        rate: frames a second, as its header says.
        name: of its file, in `/films`.
        timecode: of its first frame.
        channels: of each of its audio tracks.
        size: width and height.
        pixel_aspect: width of a stored pixel over its height.
        turned: whether it is stored on its side.
    """
    picture = Stream(0, "video", "h264", None, None, ("default",))
    index = packets(ticks, [True] * len(ticks), tick, last)
    video = Video(
        path=Path("/films") / name,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        streams=(picture, *(sound(number, count) for number, count in enumerate(channels))),
        picture=0,
        width=size[0],
        height=size[1],
        pixel_aspect=pixel_aspect,
        pixel_format="yuv420p",
        colour=Colour(1, False, 1, 1),
        orientation=Orientation(transpose=turned),
        display_matrix=None,
        interlaced=False,
        ordered=True,
        late=0,
        frame_rate=rate,
        start=Fraction(0),
        lead=Fraction(0),
        duration=index.end,
        promised=True,
        timecode=timecode,
    )
    video.__dict__["index"] = index  # Already there, so that the file is not read, which does not exist.
    return video


def steady(rate: Fraction | int, frames: int, tick: Fraction | None = None, **more: object) -> Video:
    """A film of constant rate; `tick` is the unit to which its container rounds times, where it does."""
    rate = Fraction(rate)
    if tick is None:
        return film(range(frames), 1 / rate, 1, rate, **more)  # type: ignore[arg-type]
    whole, part = (1 / rate / tick).as_integer_ratio()
    ticks = (2 * np.arange(frames + 1) * whole + part) // (2 * part)
    return film(ticks[:-1].tolist(), tick, int(ticks[-1] - ticks[-2]), rate, **more)  # type: ignore[arg-type]


def varying(gaps: Sequence[int], **more: object) -> Video:
    """A film whose frames are shown for so many milliseconds each."""
    ticks = [0, *accumulate(gaps)]
    tick = Fraction(1, 1000)
    return film(ticks[:-1], tick, gaps[-1], len(gaps) / (ticks[-1] * tick), **more)  # type: ignore[arg-type]


def cutlist(video: Video, *segments: Segment, mark: bool = False) -> Cutlist:
    """These segments, all of them kept."""
    ordered = tuple(sorted(segments, key=lambda segment: (segment.span, segment.label)))
    return Cutlist(video, video.duration, ordered, tuple(merge(each.span for each in ordered)), mark=mark)


def segment(start: Fraction | int | str, end: Fraction | int | str, label: str = "cat") -> Segment:
    """A segment; times as `Fraction` takes them."""
    return Segment(Span(Fraction(start), Fraction(end)), label, 0.9125, 0.875)


def of_frames(video: Video, first: int, after: int, label: str = "cat") -> Segment:
    """A segment from the time of one frame to that of another."""
    times = [*video.index.frame_times, video.index.end]
    return segment(times[first], times[after], label)


FILM_24 = steady(24, 1440)
DROP = steady(30 * NTSC, 36_000, timecode="00:59:58;10", name="drop.mov", size=(1280, 720))
VARYING = varying([33, 33, 34, 33, 50, 17, 33, 400] * 60, name="phone.mp4", size=(1080, 1920))
ODD_NAMES = (
    "two\nlines\r\nand\x85more",
    "<b>&amp;'\"</b>",
    "bell\x07nul\x00tab\t",
    "🐈‍⬛ 猫 é",
    "\udcff\ud83d\uffff",
    "",
)

CASES: dict[str, Cutlist] = {
    # On frames, between frames, and less than a frame.
    "film-24": cutlist(
        FILM_24,
        segment(5, "12.5"),
        segment("20.01", "20.1", "dog"),
        segment("30.01", "30.02", "nothing"),
        segment("59", "60", "cat & dog"),
    ),
    # Over the minute that drops two numbers, and over the tenth, that does not.
    "drop-frame": cutlist(
        DROP, of_frames(DROP, 40, 60), of_frames(DROP, 1848, 1850, "dog"), of_frames(DROP, 17_982, 36_000)
    ),
    "non-drop": cutlist(replace(DROP, timecode="01:00:00:00"), of_frames(DROP, 1790, 1810)),
    "varying": cutlist(VARYING, segment("1.0", "2.5"), segment("10.1", "10.9", "dog")),
    "fifteen": cutlist(steady(15, 900, name="screen.webm", channels=()), segment(1, "2.2")),
    "marks": cutlist(DROP, of_frames(DROP, 40, 60), of_frames(DROP, 50, 1850, "dog"), mark=True),
    "odd-names": cutlist(
        steady(25, 1500, name="b l&'é.mp4", channels=(1, 2)),
        *(segment(3 * number, 3 * number + 2, name) for number, name in enumerate(ODD_NAMES)),
    ),
    "empty": cutlist(FILM_24),
}
"""Name to cutlist."""
for _name in ("non-drop",):
    CASES[_name].video.__dict__["index"] = DROP.index
