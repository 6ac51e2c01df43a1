"""What a film carries beside its tracks: chapters, titles, fonts, the cover."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Discard, Disposition, Stream

from miles_deep.edit.pieces import EditPlan
from miles_deep.video.container import Damage, open_film, packets
from miles_deep.video.video import Video

if TYPE_CHECKING:
    from av.container.core import Chapter  # in PyAV's stubs only

STALE = frozenset(
    {
        "major_brand",
        "minor_version",
        "compatible_brands",
        "encoder",
        "duration",
        "number_of_frames",
        "number_of_bytes",
    }
    | {"bps", "_statistics_tags", "_statistics_writing_app", "_statistics_writing_date_utc", "timecode"}
    | {"wm/encodingtime", "isvbr", "wmfsdkneeded", "wmfsdkversion", "deviceconformancetemplate"}
)
"""Tags that describe the source's file rather than its content, in lower case."""

CHAPTER_TICK = Fraction(1, 1000)

COVERED = frozenset({"mp4", "matroska"})
"""Muxers with a place for a cover picture; the others leave it out, or make a second film of it."""

COVER_TYPES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
"""Codec of a cover picture to its name and type as a Matroska attachment (the names are Matroska's own,
for one that has none)."""


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags that are still true of the output."""
    return {key: value for key, value in tags.items() if key.lower().split("-")[0] not in STALE}


def describe_like(source: Stream, output: Stream) -> None:
    """Give a track of the output the language, title and disposition of the source's."""
    output.metadata.update(kept_tags(source.metadata))
    output.disposition = source.disposition


def cut_chapters(chapters: "Sequence[list[Chapter]]", videos: Sequence[Video], plan: EditPlan) -> "list[Chapter]":
    """The chapters of every film as they come out; one that is cut in two and joined again is one."""
    cut: list[Chapter] = []
    origin: list[tuple[int, int]] = []
    for piece in plan.pieces:
        video = videos[piece.film]
        for place, chapter in enumerate(chapters[piece.film]):
            number = (piece.film, place)
            tick = chapter["time_base"] or CHAPTER_TICK
            start = max(chapter["start"] * tick - video.start, piece.span.start)
            end = min(chapter["end"] * tick - video.start, piece.span.end)
            if start >= end:
                continue
            begin, finish = (round(piece.output_time(time) / CHAPTER_TICK) for time in (start, end))
            if origin and origin[-1] == number and cut[-1]["end"] == begin:
                cut[-1]["end"] = finish
                continue
            origin.append(number)
            cut.append(
                {
                    "id": len(cut) + 1,
                    "start": begin,
                    "end": finish,
                    "time_base": CHAPTER_TICK,
                    "metadata": dict(chapter["metadata"]),
                }
            )
    return cut


def copy_attachments(source: InputContainer, output: OutputContainer) -> list[str]:
    """Carry over fonts and other attached files, which only Matroska holds; elsewhere, tell what is left out."""
    left_out: list[str] = []
    for stream in source.streams:
        if isinstance(stream, AttachmentStream):
            name = stream.metadata.get("filename") or stream.mimetype or str(stream.index)
            if output.format.name == "matroska" and stream.mimetype:  # which Matroska cannot do without
                output.add_attachment(name, stream.mimetype, stream.data)
            else:
                left_out.append(f"attachment {name}")
    return left_out


def copied_cover(video: Video, cover: Stream, output: OutputContainer) -> Iterator["Packet[Stream]"]:
    """Carry over a cover picture, as a track or as an attachment, and give its packets."""
    with open_film(video.path) as container:
        picture = next((p for p in packets(container, Damage(), container.streams[cover.index]) if p.size), None)
    if picture is None:
        return iter(())
    codec = cover.codec_context.codec.canonical_name
    if output.format.name == "matroska":
        if codec in COVER_TYPES:
            name, kind = COVER_TYPES[codec]
            output.add_attachment(cover.metadata.get("filename", name), kind, bytes(picture))
        return iter(())
    stream = output.add_stream_from_template(cover, opaque=True)
    stream.disposition = Disposition.attached_pic
    picture.stream = stream
    picture.pts = picture.dts = 0
    return iter((picture,))


def is_cover(stream: Stream) -> bool:
    """Whether a track is a picture of the film rather than the film."""
    return stream.type == "video" and bool(cast(int, stream.disposition) & Disposition.attached_pic)


def is_chapter_text(stream: Stream) -> bool:
    """Whether a track only holds the chapters' names, as MP4 keeps them; the muxer writes it anew."""
    # FFmpeg reads the names of such a track and takes nothing else of it. Other data tracks are there to be read.
    return stream.type == "data" and stream.discard == Discard.all
