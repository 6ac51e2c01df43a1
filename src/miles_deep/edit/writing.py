"""Carry out an edit plan: every track a stream of packets, merged by time into one file."""

import heapq
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from miles_deep.edit.extras import (
    COVERED,
    copied_cover,
    copy_attachments,
    cut_chapters,
    describe_like,
    is_chapter_text,
    is_cover,
    kept_tags,
)
from miles_deep.edit.output import CannotCarry, abandon, check_carried, create, reason_of, written
from miles_deep.edit.picture import copied_picture, encoded_picture
from miles_deep.edit.picture.encoder import bits
from miles_deep.edit.pieces import EditPlan
from miles_deep.edit.sound import sound_track
from miles_deep.edit.source import Source
from miles_deep.edit.splice import splice_for
from miles_deep.edit.subtitles import Event, copied_events
from miles_deep.edit.take import Take, left_out_of, sources_of
from miles_deep.edit.texts import Texts
from miles_deep.errors import VideoError
from miles_deep.video.container import main_picture, open_film
from miles_deep.video.frame import Reading
from miles_deep.video.video import Video

Progress = Callable[[Fraction, Fraction], None]
"""Is told how many seconds of how many of the output are written."""

Packets = Iterator["Packet[Stream]"]


class Writing:
    """One film on its way to a file."""

    def __init__(
        self, takes: Sequence[Take], plan: EditPlan, container: str, sounds: Collection[int], texts: Texts
    ) -> None:
        """
        Args:
            takes: what is taken of each film.
            plan: of the output.
            container: FFmpeg's name of the muxer.
            sounds: indices of sound tracks in the first film that are encoded whole, whatever the plan's mode.
            texts: what is known of the films' subtitles and data.
        """
        self._takes, self._plan, self._container = takes, plan, container
        self._encoded_sounds, self._texts = sounds, texts
        self._reading = Reading()
        self.notes: list[str] = []
        """What a user should know of it."""

    @property
    def frames(self) -> int:
        """Pictures that were written."""
        return self._plan.copied_frames + self._reading.given

    def write(self, partial: Path, progress: Progress | None) -> None:
        """Write the film.

        Raises:
            CannotCarry: the container does not take the film.
            VideoError: a film cannot be read.
            OSError: the file cannot be written.
        """
        with ExitStack() as opened:
            films = [opened.enter_context(open_film(take.video.path)) for take in self._takes]
            output, tracks = self._begun(films, partial)
            for track in tracks:
                if isinstance(track, Generator):
                    opened.callback(track.close)  # and with it the films that it reads
            try:
                _mux(output, tracks, self._plan, progress)
            except FFmpegError as error:  # an encoder's or a decoder's; `_mux` sees to the muxer's own
                abandon(output)
                raise VideoError(f"{self._names()}: cannot be edited ({reason_of(error)})") from error
            except BaseException:
                abandon(output)
                raise
        self._check(partial)

    def _begun(self, films: Sequence[InputContainer], partial: Path) -> tuple[OutputContainer, list[Packets]]:
        """Open the file and write its header; without data tracks, where these are what the container refuses."""
        data = any(_is_data(stream) for stream in films[0].streams)
        while True:
            output = create(partial, self._container)
            try:
                tracks, notes = self._add_tracks(films, output, data)
                output.metadata.update(kept_tags(films[0].metadata))
                chapters = [film.chapters() for film in films]
                output.set_chapters(cut_chapters(chapters, [take.video for take in self._takes], self._plan))
                output.start_encoding()
            except (FFmpegError, ValueError) as error:
                abandon(output)
                if not data:
                    raise CannotCarry(reason_of(error)) from error
                data = False
                continue
            except BaseException:
                abandon(output)
                raise
            self.notes += notes
            return output, tracks

    def _names(self) -> str:
        return ", ".join(str(take.video.path) for take in self._takes)

    def _check(self, made: Path) -> None:
        """See whether there is a picture, and tell what got lost."""
        reading, video = self._reading, self._takes[0].video
        held_alone = all(piece.frames == 1 for piece in self._plan.pieces)
        if not self._plan.copied_frames and reading.given == reading.held and not held_alone:
            raise VideoError(f"{self._names()}: not one frame of what is to be kept can be decoded")
        if _squeezed(made, video):
            shape = f"{video.pixel_aspect.numerator}:{video.pixel_aspect.denominator}"
            self.notes.append(
                f"{self._container} cannot tell players that the pixels are {shape}: shown as square ones"
            )
        if reading.damaged:
            self.notes.append(f"{reading.damaged} damaged packet{'s' * (reading.damaged > 1)} met")

    def _add_tracks(
        self, films: Sequence[InputContainer], output: OutputContainer, data: bool
    ) -> tuple[list[Packets], list[str]]:
        """Add a track to the output for each of the first film's, in the same order; and what to tell of that."""
        tracks: list[Packets] = []
        left_out: list[str] = []
        notes: list[str] = []
        video = self._takes[0].video
        kept = [stream for stream in films[0].streams if _is_told(stream) or (data and _is_data(stream))]
        events = self._read_events([stream.index for stream in kept])
        for stream in films[0].streams:
            before = len(output.streams)
            if stream.index == video.picture:
                tracks.append(self._picture(films[0], output, notes))
            elif isinstance(stream, AudioStream) and stream.codec_context is not None:
                sources = [source for source in sources_of(self._takes, stream.index) if source is not None]
                plan = replace(self._plan, mode="encode") if stream.index in self._encoded_sounds else self._plan
                tracks.append(sound_track(sources, plan, stream, output, self._reading, notes))
            elif stream.index in events:
                tracks.append(copied_events(events[stream.index], self._plan, stream, output))
            elif is_cover(stream):
                if output.format.name in COVERED:
                    tracks.append(copied_cover(video, stream, output))
                else:
                    left_out.append("cover picture")
                continue
            elif stream.type != "attachment" and not is_chapter_text(stream):
                left_out.append(f"{stream.type} track {stream.index}")
            if len(output.streams) > before and stream.codec_context is not None:
                check_carried(output.streams[before], output)
            if len(output.streams) > before:
                describe_like(stream, output.streams[before])
        left_out += copy_attachments(films[0], output)
        left_out += left_out_of(self._takes)
        return tracks, [*notes, *([f"left out: {', '.join(left_out)}"] if left_out else [])]

    def _picture(self, film: InputContainer, output: OutputContainer, notes: list[str]) -> Packets:
        template = main_picture(film, self._takes[0].video.path)
        sources = [Source(take.video, take.video.picture) for take in self._takes]
        if not self._plan.copied_frames:
            packets = encoded_picture(sources, self._plan, template, output, self._reading)
            had, has = (bits(kind) for kind in (sources[0].video.pixel_format, output.streams.video[-1].pix_fmt))
            if has < had:
                notes.append(f"no encoder here keeps {had} bits of such a film: {has} bits now")
            return packets
        splice = None
        if self._plan.copied_frames < self._plan.frames:
            splice = splice_for(self._takes[0].video, template, self._container)
        return copied_picture(sources, self._plan, template, output, self._reading, splice)

    def _read_events(self, wanted: Sequence[int]) -> dict[int, list[list[Event]]]:
        """Index of a track of subtitles or data in the first film to its events in every film."""
        places = {index: sources_of(self._takes, index) for index in wanted}
        read = [
            self._texts.of(take.video, [source.stream for track in places.values() if (source := track[number])])
            for number, take in enumerate(self._takes)
        ]
        return {
            index: [events[source.stream] if source else [] for events, source in zip(read, track, strict=True)]
            for index, track in places.items()
        }


def _is_told(stream: Stream) -> bool:
    """Whether it is a track of subtitles."""
    return isinstance(stream, SubtitleStream) and stream.codec_context is not None


def _is_data(stream: Stream) -> bool:
    """Whether it is a track of data, such as places and positions; the timecode of the first frame is not true of
    any other, and chapters are written anew."""
    return stream.type == "data" and not is_chapter_text(stream) and "timecode" not in stream.metadata


def _squeezed(made: Path, video: Video) -> bool:
    """Whether the shape of the pixels got lost.

    VP8, VP9 and AV1 do not tell it, and what Matroska would write beside them PyAV 18.1 has no way to set.
    """
    if video.pixel_aspect == 1:
        return False
    with open_film(made) as film:
        aspect = main_picture(film, made).sample_aspect_ratio or 1
    return abs(aspect / video.pixel_aspect - 1) > Fraction(1, 100)


def _mux(output: OutputContainer, tracks: list[Packets], plan: EditPlan, progress: Progress | None) -> None:
    begun: set[int] = set()
    for packet in heapq.merge(*tracks, key=_decoding_time):
        with written(may_refuse=packet.stream.index not in begun):
            output.mux_one(packet)
        begun.add(packet.stream.index)
        if progress is not None and packet.stream.type == "video":
            progress(min(max(_decoding_time(packet), Fraction(0)), plan.length), plan.length)
    with written(may_refuse=False):
        output.close()


def _decoding_time(packet: "Packet[Stream]") -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return (stamp or 0) * packet.time_base
