"""h264: parameter sets of our own beside the source's, under numbers that it does not use."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from av.codec.context import Flags
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from miles_deep.edit.splice.encoder import (
    BOTTOM_FIRST,
    GROUP,
    new_encoder,
    open_encoder,
    opened,
    rewritten,
    run,
)
from miles_deep.edit.splice.h264_sets import (
    PICTURE,
    SEQUENCE,
    Sequence,
    picture_set_ids,
    read_sequence,
    reordering_like,
)
from miles_deep.edit.splice.protocol import CannotSplice
from miles_deep.video.nal import (
    H264_DELIMITER,
    H264_SEI,
    AvcConfiguration,
    BrokenUnit,
    Framing,
    framing,
)
from miles_deep.video.video import Video

USER_DATA = 5
"""Kind of SEI message in which x264 tells its settings."""

PROFILES = {66: "baseline", 77: "main", 88: "main", 100: "high", 110: "high10", 122: "high422"}
FOURS = "high444"
"""x264's name for what is left: 4:4:4."""

MOST_SETS = 32

PRESET = {"preset": "superfast", "crf": "18"}
"""On Big Buck Bunny at 720p: SSIM 0.99 to the source at worst, and 140 frames a second or more on two cores, where
veryfast gives 85 at an equal SSIM."""


class H264Splice:
    """Encoded runs with parameter sets of their own."""

    lands = False

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        self._video = video
        context = source.codec_context
        extradata = context.extradata or b""
        self._framing = framing("h264", extradata)
        self._configuration = AvcConfiguration.read(extradata) if self._framing.prefix else None
        units = _parameter_sets(extradata, self._configuration)
        self._theirs = [unit for unit in units if unit[0] & 31 in (SEQUENCE, PICTURE)]
        self._sequence = _sequence(self._theirs)
        self._number = _free_number(self._theirs)
        if self._sequence.separate_planes:
            raise CannotSplice("no encoder here makes separate colour planes")
        self._single = sum(unit[0] & 31 == SEQUENCE for unit in self._theirs) == 1
        self._reorder = max(context.reorder_depth, self._sequence.reorder)
        self._field_order = int(context.field_order)
        self._ready: VideoCodecContext | None = self._open()
        self._ours = self._our_sets(self._ready)
        self.extradata: bytes | None = self._description()

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        for packet in run(self._encoder, opened(frames), clock):
            units = [unit for unit in Framing(0).split(bytes(packet)) if not _is_user_data(unit)]
            # A stream of bytes has no description: each keyframe brings the sets along.
            sets = self._ours if packet.is_keyframe and not self._framing.prefix else []
            yield rewritten(packet, self._framing.join([*sets, *units]))

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        if not first or self._framing.prefix:
            return payload
        units = self._framing.split(payload)
        kinds = [unit[0] & 31 for unit in units]
        if SEQUENCE in kinds:
            return payload
        begin = 1 if kinds[:1] == [H264_DELIMITER] else 0  # it has to be first (7.4.1.2.3)
        return self._framing.join([*units[:begin], *self._theirs, *units[begin:]])

    def _encoder(self) -> VideoCodecContext:
        ready, self._ready = self._ready, None
        return ready or self._open()

    def _pictures(self) -> dict[str, int | str]:
        """x264's parameters for which pictures refer to which."""
        return {
            "bframes": 3 if self._reorder else 0,
            "b-pyramid": "normal" if self._reorder > 1 else "none",
            "ref": max(1, min(self._sequence.references, 3)),
        }

    def _open(self) -> VideoCodecContext:
        sequence = self._sequence
        parameters = {"sps-id": self._number, "level": sequence.level} | self._pictures()
        if sequence.chroma_place is not None:
            parameters["chromaloc"] = sequence.chroma_place
        if self._video.interlaced:
            parameters["bff" if self._field_order in BOTTOM_FIRST else "tff"] = 1
        elif not sequence.frames_only:
            parameters["fake-interlaced"] = 1
        options = PRESET | {
            "profile": PROFILES.get(sequence.profile, FOURS),
            "x264-params": ":".join(f"{name}={value}" for name, value in parameters.items()),
        }
        context = new_encoder("libx264", self._video, options)
        context.flags |= Flags.global_header
        if self._video.interlaced:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        context.sample_aspect_ratio = sequence.aspect
        context.color_primaries, context.color_trc, context.colorspace = sequence.colour
        context.color_range = 2 if sequence.full_range else 0
        context.gop_size = GROUP
        return open_encoder(context)

    def _our_sets(self, context: VideoCodecContext) -> list[bytes]:
        units = Framing(0).split(context.extradata or b"")
        sets = [unit for unit in units if unit[0] & 31 in (SEQUENCE, PICTURE)]
        return [reordering_like(unit, self._reorder) if unit[0] & 31 == SEQUENCE else unit for unit in sets]

    def _description(self) -> bytes:
        """What describes the track: the source's parameter sets and ours."""
        if self._configuration is None:
            return Framing(0).join([*self._theirs, *self._ours])
        ours = self._configuration
        sequences = tuple(unit for unit in self._ours if unit[0] & 31 == SEQUENCE)
        pictures = tuple(unit for unit in self._ours if unit[0] & 31 == PICTURE)
        level = max([ours.head[3], *(unit[3] for unit in sequences)])
        return replace(
            ours,
            head=ours.head[:3] + bytes([level]),
            sequences=ours.sequences + sequences,
            pictures=ours.pictures + pictures,
        ).write()


def _parameter_sets(extradata: bytes, configuration: AvcConfiguration | None) -> list[bytes]:
    if configuration is not None:
        return [*configuration.sequences, *configuration.pictures]
    return Framing(0).split(extradata)


def _sequence(units: list[bytes]) -> Sequence:
    for unit in units:
        if unit[0] & 31 == SEQUENCE:
            return read_sequence(unit)
    raise BrokenUnit("without parameter sets")


def _free_number(units: list[bytes]) -> int:
    """The highest number that neither kind of set uses: the lowest ones may turn up later in the film."""
    used = {read_sequence(unit).id for unit in units if unit[0] & 31 == SEQUENCE}
    used |= {picture_set_ids(unit)[0] for unit in units if unit[0] & 31 == PICTURE}
    for number in range(MOST_SETS - 1, 0, -1):
        if number not in used:
            return number
    raise CannotSplice("its parameter sets take up all numbers")


def _is_user_data(unit: bytes) -> bool:
    return unit[0] & 31 == H264_SEI and unit[1] == USER_DATA
