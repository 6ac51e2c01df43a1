"""The frames of stretches that are encoded, as they are to be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import PictureType, VideoFrame

from miles_deep.edit.picture.blur import Blur, duplicate
from miles_deep.edit.pieces import Run
from miles_deep.edit.treatment import Pace
from miles_deep.video.frame import Reading
from miles_deep.video.frames import frames_between
from miles_deep.video.video import Video


@dataclass(frozen=True, slots=True)
class Rendered:
    """A frame of the output that is yet to be encoded."""

    time: Fraction
    """When it is shown, seconds of the output."""
    length: Fraction
    """Seconds for which it is shown, as far as the file tells."""
    picture: VideoFrame


def rendered(video: Video, run: Run, pixel_format: str, reading: Reading) -> Iterator[Rendered]:
    """Every frame of the output in some parts of a film, in order.

    Args:
        video: the film.
        run: parts with their pieces, in the order of the film.
        pixel_format: that of the encoder, for pictures that are painted anew.
        reading: is told what was damaged.

    Raises:
        VideoError: the film cannot be read.
    """
    blur = Blur(pixel_format)
    paces = [Pace(piece.speed, video.index.usual_gap, part.span.end) for piece, part in run]
    current, before = -1, None
    for number, frame in frames_between(video, [part.span for _, part in run], reading):
        piece, part = run[number]
        # A frame that is held from before the part is shown from its beginning on.
        time = max(frame.time, part.span.start)
        if not paces[number].takes(time):
            reading.given -= 1
            continue
        picture = blur.blurred(frame.picture) if piece.blur else frame.picture
        if picture is before:
            picture = duplicate(picture)  # held over an edge: encoders may still have the other
        before = picture
        # The source's picture types would be taken for orders. Where something begins is a good place to seek to.
        picture.pict_type = PictureType.I if number != current else PictureType.NONE
        current = number
        picture.dts = None
        yield Rendered(piece.output_time(time), frame.duration / piece.speed, picture)
