"""hevc: parameter sets of our own beside the source's, and broken links where copying begins at a CRA picture."""

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
    GROUP,
    new_encoder,
    open_encoder,
    opened,
    rewritten,
    run,
    tag_like,
)
from miles_deep.edit.splice.hevc_sets import (
    DELIMITER,
    MOST,
    SEQUENCE,
    SLICES,
    broken_link,
    free_numbers,
    kind_of,
    level,
    renumbered_set,
    renumbered_slice,
)
from miles_deep.edit.splice.protocol import CannotSplice
from miles_deep.video.nal import Framing, HevcConfiguration, framing
from miles_deep.video.video import Video

PRESET = {"preset": "ultrafast", "crf": "14"}
"""On Big Buck Bunny at 720p SSIM 0.990 to the source at worst, where crf 18 comes down to 0.984 (and to 0.966 in
other stretches); superfast at 16 gives 0.991 and takes half as long again."""

LEVEL_AT = 12
"""Place of general_level_idc in hvcC."""


class HevcSplice:
    """Encoded runs for an hevc film."""

    lands = False

    def __init__(self, video: Video, source: VideoStream, container: str) -> None:
        self._video = video
        self._context = source.codec_context
        extradata = self._context.extradata or b""
        self._framing = framing("hevc", extradata)
        self._configuration = HevcConfiguration.read(extradata) if self._framing.prefix else None
        units = self._configuration.units if self._configuration else Framing(0).split(extradata)
        self._theirs = [unit for unit in units if kind_of(unit) in MOST]
        numbers = free_numbers(self._theirs)
        if SEQUENCE not in map(kind_of, self._theirs):
            raise CannotSplice("its hevc header has no parameter sets")
        if numbers is None:
            raise CannotSplice("its parameter sets take up all numbers")
        if video.interlaced:
            raise CannotSplice("there is no encoder for interlaced hevc here")
        self._numbers = numbers
        self._ready: VideoCodecContext | None = self._open()
        ours = Framing(0).split(self._ready.extradata or b"")
        self._ours = [renumbered_set(unit, numbers) for unit in ours if kind_of(unit) in MOST]
        self.extradata: bytes | None = self._description()
        self._begun = False  # whether any packet came by

    def encoded(
        self, frames: Iterable[VideoFrame], clock: Fraction, following: bytes | None
    ) -> "Iterator[Packet[Stream]]":
        """See `Splice`."""
        for packet in run(self._encoder, opened(frames), clock):
            units = self._renumbered(Framing(0).split(bytes(packet)))
            # A stream of bytes has no description: each keyframe brings the sets along.
            sets = self._ours if packet.is_keyframe and not self._framing.prefix else []
            self._begun = True
            yield rewritten(packet, self._framing.join([*sets, *units]))

    def copied(self, payload: bytes, first: bool) -> bytes:
        """See `Splice`."""
        if not first:
            return payload
        units = self._framing.split(payload)
        changed = [broken_link(unit) for unit in units] if self._begun else units
        if not self._framing.prefix and SEQUENCE not in map(kind_of, units):
            begin = 1 if list(map(kind_of, units[:1])) == [DELIMITER] else 0  # it has to be first (7.4.2.4.4)
            changed = [*changed[:begin], *self._theirs, *changed[begin:]]
        self._begun = True
        return payload if changed == units else self._framing.join(changed)

    def _renumbered(self, units: list[bytes]) -> list[bytes]:
        """The slices; x265's messages only tell of its settings."""
        return [renumbered_slice(unit, self._numbers) for unit in units if kind_of(unit) in SLICES]

    def _encoder(self) -> VideoCodecContext:
        ready, self._ready = self._ready, None
        return ready or self._open()

    def _open(self) -> VideoCodecContext:
        reorder = self._context.reorder_depth
        parameters = {
            "log-level": "none",
            "bframes": 3 if reorder else 0,
            "b-pyramid": int(reorder > 1),
            "info": 0,
            "repeat-headers": 0,
            "open-gop": 0,
            "keyint": GROUP,
            "frame-threads": 2,
            "pools": 2,
            # What these do for the eye costs a tenth of the time, and likeness to the source.
            "psy-rd": 0,
            "aq-mode": 0,
        }
        options = PRESET | {"x265-params": ":".join(f"{name}={value}" for name, value in parameters.items())}
        context = new_encoder("libx265", self._video, options)
        context.flags |= Flags.global_header
        tag_like(context, self._context)
        return open_encoder(context)

    def _description(self) -> bytes:
        """What describes the track: the source's parameter sets and ours."""
        if self._configuration is None:
            return Framing(0).join([*self._theirs, *self._ours])
        arrays = []
        for kind, units in self._configuration.arrays:
            ours = tuple(unit for unit in self._ours if kind_of(unit) == kind & 63)
            arrays.append((kind, units + ours))
        head = bytearray(self._configuration.head)
        head[LEVEL_AT] = max(head[LEVEL_AT], *(level(unit) for unit in self._ours if kind_of(unit) == SEQUENCE))
        return replace(self._configuration, head=bytes(head), arrays=tuple(arrays)).write()
