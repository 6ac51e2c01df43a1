"""splice_for: the one way to a codec's splice."""

from collections.abc import Callable

from av.video.stream import VideoStream

from miles_deep.edit.splice.av1 import Av1Splice
from miles_deep.edit.splice.guarded import TROUBLE, GuardedSplice
from miles_deep.edit.splice.h264_joined import h264_splice
from miles_deep.edit.splice.hevc import HevcSplice
from miles_deep.edit.splice.intra import INTRA, IntraSplice
from miles_deep.edit.splice.mpeg2 import Mpeg2Splice
from miles_deep.edit.splice.mpeg4 import Mpeg4Splice
from miles_deep.edit.splice.protocol import CannotSplice, Splice
from miles_deep.edit.splice.vpx import VpxSplice
from miles_deep.video.video import Video

Maker = Callable[[Video, VideoStream, str], Splice]

SPLICES: dict[str, Maker] = {
    "h264": h264_splice,
    "hevc": HevcSplice,
    "mpeg1video": Mpeg2Splice,
    "mpeg2video": Mpeg2Splice,
    "mpeg4": Mpeg4Splice,
    "vp8": VpxSplice,
    "vp9": VpxSplice,
    "av1": Av1Splice,
    **dict.fromkeys(INTRA, IntraSplice),
}
"""Codec to what makes its splice."""


def splice_for(video: Video, source: VideoStream, container: str) -> Splice:
    """What is needed to put encoded pictures between packets of a film's picture.

    Args:
        video: the film.
        source: its picture, opened.
        container: muxer name of the output.

    Raises:
        CannotSplice: there is no encoder for it, or none that makes what the film's packets would go with.
    """
    codec = source.codec_context.codec.canonical_name
    if codec not in SPLICES:
        raise CannotSplice(f"{codec} packets cannot have encoded pictures between them")
    try:
        return GuardedSplice(SPLICES[codec](video, source, container), codec)
    except TROUBLE as error:
        raise CannotSplice(f"its {codec} header is broken ({error})") from error
