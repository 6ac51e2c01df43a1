"""Cutlists in the situations that matter to exports for players, for the golden files."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from miles_deep import Scores, Segment, Span, Video
from miles_deep.export import FORMATS
from miles_deep.export.cutlist import Cutlist
from miles_deep.timecode import merge
from miles_deep.video import Colour, Orientation

GOLDEN = Path(__file__).parent / "golden"
"""Its files are named CASE.FORMAT.SUFFIX; `tools/golden.py` makes them."""

PLAYERS = (
    "kodi",
    "mplayer",
    "losslesscut",
    "llc",
    "auto-editor",
    "stash",
    "webvtt",
    "srt",
    "ffmetadata",
    "youtube",
    "csv",
    "json",
)
"""The formats that are not for editing programs."""

NTSC_FILM = Fraction(24000, 1001)
"""Frames a second, the usual 23.976."""


def film(
    name: str = "movie.mp4",
    duration: Fraction | int = 600,
    rate: Fraction | None = Fraction(25),
    lead: Fraction = Fraction(0),
) -> Video:
    """A film of which there is only what a header says."""
    return Video(
        path=Path("/films") / name,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        streams=(),
        picture=0,
        width=1280,
        height=720,
        pixel_aspect=Fraction(1),
        pixel_format="yuv420p",
        colour=Colour(2, False, 2, 2),
        orientation=Orientation(),
        display_matrix=None,
        interlaced=False,
        ordered=True,
        late=0,
        frame_rate=rate,
        start=Fraction(0),
        lead=lead,
        duration=Fraction(duration),
        promised=True,
    )


def cutlist(*segments: Segment, video: Video | None = None, mark: bool = False) -> Cutlist:
    """These segments, all of them kept."""
    video = video or film()
    ordered = tuple(sorted(segments, key=lambda segment: (segment.span, segment.label)))
    labels = tuple(dict.fromkeys(segment.label for segment in ordered))
    return Cutlist(video, video.duration, ordered, tuple(merge(s.span for s in ordered)), labels, mark=mark)


def segment(
    start: Fraction | int | str, end: Fraction | int | str, label: str = "cat", score: float = 0.75
) -> Segment:
    """A segment; times as `Fraction` takes them."""
    return Segment(Span(Fraction(start), Fraction(end)), label, score, 0.875)


def frame(number: int) -> Fraction:
    """When a frame of a film of 23.976 is shown."""
    return number / NTSC_FILM


def _scores() -> Scores:
    values = np.array([[0.1, 0.9], [0.25, 0.75], [1, 0], [2 / 3, 1 / 3], [0.00001, 0.99999]], np.float32)
    looked = np.array([True, True, False, False, True])
    return Scores(
        ("cat", "other"),
        np.array([0.5, 1.5, 2.5, 3.5, 4.25]),
        values,
        Fraction(9, 2),
        ("other",),
        {"animal": ("cat",)},
        "0123abcd",
        ("a packet was damaged",),
        looked,
        "adaptive",
        0.9,
        "8e245d9679d31e12-734003200",
    )


KEPT = cutlist(
    segment("30.04", "41.52"),
    segment(134, 143, "dog", 0.5),
    segment("143", "170.2", "bird, small"),
    segment("500.001", 600, "dog"),
)
NAMES = (
    "cat, tabby",
    'say "cat"',
    "it's a 'cat'",
    "two\nlines\r\nor\x85three\u2028four",
    "",
    "  spaces  ",
    "00:00:01.000 --> 00:00:02.000",
    "a=b;c#d\\e[f]",
    "ends in \\",
    "=1+1",
    "<b>&amp;</b>",
    "bell\x07nul\x00tab\t",
    "🐈‍⬛ 猫 é",
    "\udcff\ud83d",
)

CASES: dict[str, Cutlist] = {
    "kept": KEPT,
    "marked": replace(KEPT, mark=True),
    "nothing": cutlist(),
    "names": cutlist(
        *(segment(20 * number, 20 * number + 15, name) for number, name in enumerate(NAMES)),
        video=film('it\'s "a" film,\n2.mp4'),
        mark=True,
    ),
    "two-hours": cutlist(
        segment(frame(0), frame(173)),
        segment(frame(100_001), frame(100_002), "one frame"),
        segment(frame(172_000), frame(172_627), "dog"),
        video=film(duration=frame(172_627), rate=NTSC_FILM),
    ),
    "fractions": cutlist(
        segment(Fraction(1, 100_000), Fraction(1, 3)),
        segment(Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10_000), "short"),
        segment(Fraction(1, 3) + Fraction(1, 10_000), Fraction("1.0005"), "even"),
        segment(Fraction("1.0015"), Fraction("1.001500001"), "shorter"),
        segment(Fraction("4.035"), Fraction(2**31, 2**31 - 1) * 10, "odd"),
        video=film(duration=30),
        mark=True,
    ),
    "overlapping": cutlist(
        segment(3, 60), segment(40, 45, "dog"), segment(45, 130, "bird"), segment(595, 600, "dog"), mark=True
    ),
    "sound-first": cutlist(segment(0, 20), segment(300, 330, "dog"), video=film(lead=Fraction("0.08"))),
    "scores": replace(
        cutlist(segment(2, 4), video=film(duration=Fraction(9, 2))), labels=("cat", "other"), scores=_scores()
    ),
}
"""Name to cutlist."""


def golden_path(case: str, format: str) -> Path:
    """Where the golden file of a case in a format lies."""
    return GOLDEN / f"{case}.{format}{FORMATS[format].suffix}"


def goldens(cases: dict[str, Cutlist], formats: tuple[str, ...]) -> dict[Path, bytes]:
    """What golden files of these cases are to hold; formats that cannot mark are left out where that is asked."""
    return {
        golden_path(case, format): FORMATS[format].write(cutlist).encode()
        for case, cutlist in cases.items()
        for format in formats
        if FORMATS[format].marks or not cutlist.mark
    }
