"""Carry out an edit plan: every track a stream of packets, merged by time into one file."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from miles_deep.edit.codecs import audio_encoder
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
from miles_deep.edit.output import (
    CannotCarry,
    abandon,
    check_carried,
    create,
    may_replace,
    reason_of,
    write_or_matroska,
    written,
)
from miles_deep.edit.picture import copied_picture, encoded_picture
from miles_deep.edit.plan import EditPlan, Mode, plan_edit
from miles_deep.edit.sound import LONGEST_COPIED, copied_sound, encoded_sound, packet_length
from miles_deep.edit.subtitles import copied_subtitles, read_events
from miles_deep.edit.target import muxer
from miles_deep.errors import VideoError
from miles_deep.files import partial_file
from miles_deep.timecode import Span
from miles_deep.video.container import main_picture, open_film
from miles_deep.video.frame import Reading
from miles_deep.video.video import Video

Progress = Callable[[Fraction, Fraction], None]
"""Is told how many seconds of how many of the output are written."""

Packets = Iterator["Packet[Stream]"]


@dataclass(frozen=True, slots=True)
class EditResult:
    """What an edit made."""

    path: Path
    spans: tuple[Span, ...]
    """Stretches of the source that came out, as they really came out."""
    duration: Fraction
    """Seconds of output."""
    frames: int
    """Pictures in the output."""
    mode: Mode
    notes: tuple[str, ...]
    """What a user should know: another container, tracks left out, damaged packets."""


def cut(
    video: Video,
    spans: Sequence[Span],
    output: Path,
    mode: Mode = "encode",
    *,
    force: bool = False,
    replace: bool = False,
    temporary: Path | None = None,
    progress: Progress | None = None,
) -> EditResult:
    """Write a film that holds the given stretches of another, with all its tracks.

    Where the container that goes with `output` cannot carry the tracks, a Matroska file is written under the same
    name with `.mkv`, and the result says so. With `replace`, the output may take the film's own name.

    Raises:
        OptionError: an unknown mode, or nothing to keep.
        OutputError: the output cannot be written; it is there already; it is the film itself; or no container
            can carry the tracks. No partial file stays.
        VideoError: the source cannot be read.
    """
    plan, notes = plan_cut(video, spans, mode)

    def write(path: Path) -> tuple[int, list[str]]:
        return _write(video, plan, path, may_replace(path, video, force, replace), temporary, progress)

    path, (frames, made), moved = write_or_matroska(output, write)
    return EditResult(
        path=path,
        spans=tuple(piece.span for piece in plan.pieces),
        duration=plan.length,
        frames=frames,
        mode=plan.mode,
        notes=(*notes, *moved, *made),
    )


def plan_cut(video: Video, spans: Sequence[Span], mode: Mode) -> tuple[EditPlan, list[str]]:
    """The plan that `cut` carries out, and what a user should know of it. Raises OptionError like `plan_edit`."""
    if mode == "copy" and not video.ordered:
        note = "this container does not say when frames are shown, so packets cannot be copied: encoded"
        return plan_edit(spans, video.index, "encode"), [note]
    return plan_edit(spans, video.index, mode), []


def _write(
    video: Video, plan: EditPlan, path: Path, force: bool, temporary: Path | None, progress: Progress | None
) -> tuple[int, list[str]]:
    """Write the film; gives the number of its frames, and what a user should know."""
    reading = Reading()
    notes: list[str] = []
    with partial_file(path, temporary, force) as partial, open_film(video.path) as source:
        output = create(partial, muxer(path))
        try:
            tracks = _add_tracks(video, plan, source, output, reading, notes)
            output.metadata.update(kept_tags(source.metadata))
            output.set_chapters(cut_chapters(source.chapters(), video, plan))
            output.start_encoding()
        except (FFmpegError, ValueError) as error:
            abandon(output)
            raise CannotCarry(reason_of(error)) from error
        try:
            _mux(output, tracks, plan, progress)
        except FFmpegError as error:  # an encoder's or a decoder's; `_mux` sees to the muxer's own
            abandon(output)
            raise VideoError(f"{video.path}: cannot be edited ({reason_of(error)})") from error
        except BaseException:
            abandon(output)
            raise
        held_alone = all(piece.frames == 1 for piece in plan.pieces)
        if plan.mode == "encode" and reading.given == reading.held and not held_alone:
            raise VideoError(f"{video.path}: not one frame of what is to be kept can be decoded")
        if _squeezed(partial, video):
            shape = f"{video.pixel_aspect.numerator}:{video.pixel_aspect.denominator}"
            notes.append(f"{muxer(path)} cannot tell players that the pixels are {shape}: shown as square ones")
    if reading.damaged:
        notes.append(f"{reading.damaged} damaged packet{'s' * (reading.damaged > 1)} met")
    frames = sum(piece.frames for piece in plan.pieces) if plan.mode == "copy" else reading.given
    return frames, notes


def _squeezed(made: Path, video: Video) -> bool:
    """Whether the shape of the pixels got lost.

    VP8, VP9 and AV1 do not tell it, and what Matroska would write beside them PyAV 18.1 has no way to set.
    """
    if video.pixel_aspect == 1:
        return False
    with open_film(made) as film:
        aspect = main_picture(film, made).sample_aspect_ratio or 1
    return abs(aspect / video.pixel_aspect - 1) > Fraction(1, 100)


def _add_tracks(
    video: Video,
    plan: EditPlan,
    source: InputContainer,
    output: OutputContainer,
    reading: Reading,
    notes: list[str],
) -> list[Packets]:
    """Add a track to the output for each of the source's, in the same order."""
    tracks: list[Packets] = []
    film = main_picture(source, video.path)
    left_out: list[str] = []
    events = read_events(video, [track.index for track in source.streams.subtitles if track.codec_context])
    for stream in source.streams:
        before = len(output.streams)
        if stream.index == film.index:
            if plan.mode == "copy":
                tracks.append(copied_picture(video, plan, film, output))
            else:
                tracks.append(encoded_picture(video, plan, film, output, reading))
        elif isinstance(stream, AudioStream) and stream.codec_context is not None:
            tracks.append(_sound(video, plan, stream, output, reading, notes))
        elif isinstance(stream, SubtitleStream) and stream.codec_context is not None:
            tracks.append(copied_subtitles(events[stream.index], plan, stream, output))
        elif is_cover(stream):
            if output.format.name in COVERED:
                tracks.append(copied_cover(video, stream, output))
            else:
                left_out.append("cover picture")
            continue
        elif stream.type != "attachment" and not is_chapter_text(stream):
            left_out.append(f"{stream.type} track {stream.index}")
        if len(output.streams) > before:
            check_carried(output.streams[before], output)
            describe_like(stream, output.streams[before])
    left_out += copy_attachments(source, output)
    if left_out:
        notes.append(f"left out: {', '.join(left_out)}")
    return tracks


def _sound(
    video: Video,
    plan: EditPlan,
    stream: AudioStream,
    output: OutputContainer,
    reading: Reading,
    notes: list[str],
) -> Packets:
    codec = stream.codec_context.codec.canonical_name
    encoder = audio_encoder(codec, output.format.name)
    if encoder is None or (plan.mode == "copy" and 0 < packet_length(video, stream) <= LONGEST_COPIED):
        return copied_sound(video, plan, stream, output)
    if plan.mode == "copy":
        notes.append(
            f"audio track {stream.index}: {codec} cannot be cut in step between packets, so it is encoded"
        )
    return encoded_sound(video, plan, stream, output, reading)


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
