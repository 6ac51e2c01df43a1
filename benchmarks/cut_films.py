"""The films that cuts are measured on: a real one, and two of other codecs made of it."""

import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from miles_deep.timecode import Span

SPANS = (Span(134, 143), Span(Fraction("200.5"), Fraction("230.25")), Span(Fraction("401.3"), Fraction("450.7")))
"""Of Big Buck Bunny; the first program's benchmark."""

MADE_SECONDS = 150
MADE_SPANS = (Span(21, 30), Span(Fraction("50.5"), Fraction("80.25")), Span(Fraction("91.3"), Fraction("140.7")))
"""Of its first minutes: as long, and as far between frames."""

X265 = "-c:v libx265 -preset veryfast -crf 24 -x265-params log-level=error -tag:v hvc1 -c:a copy"
VP9 = "-c:v libvpx-vp9 -deadline good -cpu-used 5 -row-mt 1 -crf 34 -b:v 0 -c:a libopus -b:a 128k"
MADE = {"hevc.mp4": X265, "vp9.webm": VP9}
"""Name to what the ffmpeg program is told. x265's groups are open by default, libvpx hides alt-ref frames."""


@dataclass(frozen=True, slots=True)
class Task:
    """A real film, and what of it is to be kept."""

    name: str
    film: Path
    spans: tuple[Span, ...]


def tasks(film: Path, folder: Path) -> list[Task]:
    """The film, and the two made of it, which are made where they are not in the folder yet."""
    listed = [Task("Big Buck Bunny, h264 in mp4", film, SPANS)]
    for name, how in MADE.items():
        path = folder / name
        if not path.exists():
            print(f"{name} is made …", file=sys.stderr)
            half = path.with_stem(path.stem + "-half")
            source = ("-t", str(MADE_SECONDS), "-i", str(film), "-map", "0:v:0", "-map", "0:a:0")
            subprocess.run(
                ["ffmpeg", "-nostdin", "-v", "error", "-y", *source, *how.split(), str(half)], check=True
            )
            half.replace(path)
        listed.append(Task(f"its first {MADE_SECONDS} s, {path.stem} in {path.suffix[1:]}", path, MADE_SPANS))
    return listed
