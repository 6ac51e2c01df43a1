"""Copy every packet of every track of a film into another file, and see that they come back from it."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from miles_deep.edit.extras import (
    CHAPTER_TICK,
    COVERED,
    copied_cover,
    copy_attachments,
    is_chapter_text,
    is_cover,
)
from miles_deep.edit.output import CannotCarry, abandon, check_carried, create, reason_of, written
from miles_deep.edit.subtitles import EMPTY_MOV_TEXT
from miles_deep.edit.tally import Track
from miles_deep.edit.target import SUFFIXES
from miles_deep.edit.writing import Progress
from miles_deep.errors import VideoError
from miles_deep.timeline.chapters import Chapter
from miles_deep.video.container import Damage, open_film, packets
from miles_deep.video.packets import packet_stamp
from miles_deep.video.video import Video

if TYPE_CHECKING:
    from av.container.core import Chapter as WrittenChapter  # in PyAV's stubs only

OF_THE_FILE = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration"})
"""Tags of a film, in lower case, that muxers write anew. All others stay true, since the packets are the same."""

QUICKTIME = frozenset({"mp4", "mov", "3gp", "3g2"})
"""Muxers with an MP4 index."""

MATROSKAS = frozenset({"matroska", "webm"})
"""Muxers of Matroska's kind."""

FINEST = Fraction(1, 1_000_000_000)
"""Seconds: what Matroska counts chapters in. Others round that to a tick of their own."""

FINEST_MOVIE_CLOCK = 1_000_000
"""Ticks a second of an MP4's common clock at most: with 32 bits it counts for an hour."""

CONCESSIONS = ((True, True), (False, True), (False, False))
"""What is tried until a muxer takes the tracks: with data tracks or without; with the source's names of the codecs
(such as hvc1, which Apple's players ask for) or with the muxer's."""


class Remux:
    """One copy of a film with other chapters."""

    def __init__(
        self, video: Video, source: InputContainer, partial: Path, container: str, chapters: Sequence[Chapter]
    ) -> None:
        """`chapters`: in order, without overlap. `container`: the muxer.

        Raises:
            VideoError: the source does not say when its frames are shown, and another container would have to.
            CannotCarry: the output would not begin at the time it should.
        """
        self.frames = 0
        self.notes: list[str] = []
        self._video, self._source, self._partial, self._container = video, source, partial, container
        self._same = partial.suffix.lower() in SUFFIXES.get(video.container, ())
        if not self._same and not video.ordered:
            raise VideoError(
                f"{video.path}: does not say when its frames are shown, so it can only be encoded anew"
            )
        if not self._same and container not in MATROSKAS | QUICKTIME:
            raise CannotCarry("it has no room for decoding to begin before 0, as that of this film does")
        self._begin = self._first_time()
        self._chapters = self._written_chapters(chapters)
        self._tracks: dict[int, Track] = {}
        self._cover: list[Packet[Stream]] = []

    def write(self, progress: Progress | None) -> None:
        """Write the file.

        Raises:
            CannotCarry: the muxer does not take the tracks.
            OSError: the file cannot be written.
        """
        output = self._start()
        try:
            self._mux(output, progress)
            with written(may_refuse=False):
                output.close()
        except BaseException:
            abandon(output)
            raise

    def check(self) -> None:
        """Read the file again. Raises CannotCarry where it does not give back what was put in."""
        try:
            made = open_film(self._partial)
        except VideoError as error:
            raise CannotCarry("it could not be read again") from error
        with made:
            if len(made.chapters()) != len(self._chapters):
                raise CannotCarry(f"it does not hold {len(self._chapters)} chapters")
            if self._same:  # codecs may be packed in another way elsewhere
                self._check_tracks(made)

    def _check_tracks(self, made: InputContainer) -> None:
        streams = [stream for stream in made.streams if _is_track(stream)]
        read = {stream.index: Track(stream) for stream in streams}
        for packet in packets(made, Damage(), *streams):
            if packet.size and not _is_pause(packet):
                read[packet.stream.index].note(packet)
        put = [track for track in self._tracks.values() if track.stream.type != "data"]
        if len(put) != len(read):
            raise CannotCarry(f"only {len(read)} of {len(put)} tracks would come out")
        for before, after in zip(put, read.values(), strict=True):
            if not before.is_like(after):
                raise CannotCarry(f"{after.stream.type} track {after.stream.index} would come out changed")

    def _start(self) -> OutputContainer:
        """Open the output with a track for each of the source's."""
        refusal: CannotCarry | None = None
        for data, names in CONCESSIONS:
            output = create(self._partial, self._container, self._options())
            self._tracks.clear()
            try:
                left_out = self._add_tracks(output, data, names)
                output.metadata.update(_kept(self._source.metadata, OF_THE_FILE))
                output.set_chapters(self._chapters)
                with written(may_refuse=True):
                    output.start_encoding()
            except (FFmpegError, ValueError) as error:
                refusal = CannotCarry(reason_of(error))
            except CannotCarry as error:
                refusal = error
            else:
                self.notes += [f"left out: {', '.join(left_out)}"] if left_out else []
                return output
            abandon(output)
        raise cast(CannotCarry, refusal)

    def _options(self) -> dict[str, str]:
        if self._container in MATROSKAS:
            return {"avoid_negative_ts": "disabled"}  # else the film would be moved, if by a few milliseconds
        if self._container not in QUICKTIME:
            return {}
        options = {"movie_timescale": str(_movie_clock(self._video, self._source))}
        if any(key.startswith("com.") for key in self._source.metadata):  # as phones write them
            options["movflags"] = "+faststart+use_metadata_tags"
        return options

    def _first_time(self) -> Fraction:
        """What becomes 0 on the output's clock, in seconds on the source's."""
        if self._same:
            # Matroska has no times before 0, though a muxer can be made to write them.
            return min(Fraction(0), self._video.start) if self._container in MATROSKAS else Fraction(0)
        # In another container the film begins at 0, whatever the clock of a broadcast said.
        starts = [(s.start_time, s.time_base) for s in self._source.streams if _is_track(s)]
        return min((time * tick for time, tick in starts if time is not None and tick), default=Fraction(0))

    def _written_chapters(self, chapters: Sequence[Chapter]) -> "list[WrittenChapter]":
        """The chapters on the file's own clock."""
        # In another container frames may be moved by its rounding; chapters that begin with them have to follow.
        tick = FINEST if self._same else CHAPTER_TICK
        offset = self._video.start - self._begin
        made: list[WrittenChapter] = []
        for chapter in chapters:
            start, end = (max(0, round((time + offset) / tick)) for time in (chapter.span.start, chapter.span.end))
            if not made and self._container in QUICKTIME:
                start = 0  # the track of their names has no other beginning
            if start < end:
                title = {"title": chapter.title}
                made.append(
                    {"id": len(made) + 1, "start": start, "end": end, "time_base": tick, "metadata": title}
                )
        return made

    def _add_tracks(self, output: OutputContainer, data: bool, names: bool) -> list[str]:
        """Add a track to the output for each of the source's; gives what has no place there."""
        left_out: list[str] = []
        self._cover = []
        for stream in self._source.streams:
            if is_cover(stream):
                if self._container in COVERED:
                    self._cover += copied_cover(self._video, stream, output)
                else:
                    left_out.append("cover picture")
            elif _is_track(stream) or (stream.type == "data" and data and not self._is_made_anew(stream)):
                self._add_track(stream, output, names)
            elif stream.type != "attachment" and not self._is_made_anew(stream):
                left_out.append(f"{stream.type} track {stream.index}")
        return left_out + copy_attachments(self._source, output)

    def _add_track(self, stream: Stream, output: OutputContainer, names: bool) -> None:
        track = output.add_stream_from_template(stream, opaque=True)
        if track.codec_context is not None:
            check_carried(track, output)
            if names and self._same:
                track.codec_context.codec_tag = stream.codec_context.codec_tag
        if isinstance(stream, VideoStream) and isinstance(track, VideoStream):
            # Which the file may tell of the track, not of its codec.
            if stream.sample_aspect_ratio:
                track.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio
            if stream.average_rate:
                track.codec_context.framerate = stream.average_rate
        track.metadata.update(_kept(stream.metadata, {"duration"}))
        track.disposition = stream.disposition
        # Where only the times of decoding are stored, FFmpeg's guess of when frames are shown is late.
        late = self._video.late if stream.index == self._video.picture and not self._same else 0
        tick = cast(Fraction, stream.time_base)
        self._tracks[stream.index] = Track(track, -late - round(self._begin / tick))

    def _is_made_anew(self, stream: Stream) -> bool:
        """Whether the muxer makes the track by itself, out of the chapters or out of a tag."""
        timecode = stream.type == "data" and "timecode" in stream.metadata and self._container in ("mp4", "mov")
        return is_chapter_text(stream) or timecode

    def _mux(self, output: OutputContainer, progress: Progress | None) -> None:
        video, damage = self._video, Damage()
        for packet in self._cover:
            output.mux_one(packet)
        for packet in packets(self._source, damage, *(self._source.streams[index] for index in self._tracks)):
            if not packet.size or (self._container in QUICKTIME and _is_pause(packet)):
                continue
            index, track = packet.stream.index, self._tracks[packet.stream.index]
            # Sound that is only there to get its decoder going, at the beginning, does no harm.
            if packet.is_discard and not self._same and (index == video.picture or 0 in track.hidden):
                raise CannotCarry("it cannot hide frames, as this film does")
            packet.pts = packet.pts + track.shift if packet.pts is not None else None
            packet.dts = packet.dts + track.shift if packet.dts is not None else None
            track.check_order(packet)
            track.note(packet)
            if index == video.picture:
                self.frames += not packet.is_discard
                if progress is not None:
                    seconds = packet_stamp(packet) * packet.time_base - video.start + self._begin
                    progress(min(max(seconds, Fraction(0)), video.duration), video.duration)
            packet.stream = track.stream
            with written(may_refuse=True):
                output.mux_one(packet)
        if damage.packets:
            self.notes.append(f"{damage.packets} damaged packet{'s' * (damage.packets > 1)} met")


def _is_track(stream: Stream) -> bool:
    """Whether it is picture, sound or subtitles of a codec that is known."""
    playable = stream.type in ("video", "audio", "subtitle") and stream.codec_context is not None
    return playable and not is_cover(stream)


def _is_pause(packet: "Packet[Stream]") -> bool:
    """Whether it is one of MP4's empty subtitles, which its muxer puts between the others by itself."""
    return (
        packet.stream.type == "subtitle" and packet.size == len(EMPTY_MOV_TEXT) and bytes(packet) == EMPTY_MOV_TEXT
    )


def _movie_clock(video: Video, source: InputContainer) -> int:
    """Ticks a second for the clock of MP4 that chapters and beginnings of tracks go by: fit for each track."""
    ticks = {stream.index: stream.time_base.denominator for stream in source.streams if stream.time_base}
    whole = math.lcm(*ticks.values())
    clock = whole if whole <= FINEST_MOVIE_CLOCK else ticks[video.picture]
    return clock * math.ceil(1000 / clock)


def _kept(tags: dict[str, str], but: Iterable[str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key.lower().split("-")[0] not in but}
