"""Whether what had to be blurred is blurred, from one end to the other."""

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction

from av.video.frame import VideoFrame

from miles_deep.edit.picture.blur import Blur
from miles_deep.edit.verify.joins import Layout, Passage
from miles_deep.edit.verify.likeness import detail_kept
from miles_deep.edit.verify.look import Kind, Trouble
from miles_deep.edit.verify.player import Player
from miles_deep.edit.verify.progress import Looked
from miles_deep.video.video import Video

APART = Fraction(1)
"""Seconds from one picture that is looked at to the next: all are decoded, which is quick for blurred ones."""

BLURRED = 0.75
"""How alike (`detail_kept`) a picture and its blurred self are, if it was blurred before. The least alike were at
0.82 (noise of 32 x 32, of a poor encoder; pictures of films at 0.97), pictures as they are at 0.69 at most."""


def unblurred(layout: Layout, film: Video, rounding: Fraction, looked: Looked) -> Iterator[Trouble]:
    """Pictures of an output that should be blurred, and are not; one a second is looked at.

    The frames at both ends of a part are compared with the film's by `Look`.

    Args:
        layout: what was planned.
        film: what was made.
        rounding: seconds by which times may be off.
        looked: is told of what was looked at.
    """
    blur: Blur | None = None
    with closing(Player(film)) as player:
        for number, (piece, _) in enumerate(layout.parts):
            if not piece.blur:
                continue
            margin = rounding + layout.video(number).index.usual_gap
            start, end = layout.starts[number], layout.ends(number)
            following = start + margin
            for frame in player.frames(Passage(start, max(Fraction(0), start - margin), end - margin)):
                if frame.time < following:
                    continue
                looked(min(APART, end - following))
                following = frame.time + APART
                blur = blur or Blur(frame.picture.format.name)
                if not is_blurred(frame.picture, blur):
                    yield Trouble(Kind.UNBLURRED, frame.time, number)


def is_blurred(picture: VideoFrame, blur: Blur) -> bool:
    """Whether blurring a picture takes nothing from it that can be seen: it was blurred, or has no detail."""
    return detail_kept(blur.blurred(picture), picture) >= BLURRED
