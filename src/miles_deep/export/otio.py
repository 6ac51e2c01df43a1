"""OpenTimelineIO's own format, and the timeline from which its adapters print others.

https://opentimelineio.readthedocs.io/en/latest/tutorials/otio-file-format-specification.html
"""

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING, Any

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.frames import resampling_note
from miles_deep.export.sequence import Sequence, SequenceClip, sequence_of
from miles_deep.video import Stream

if TYPE_CHECKING:
    import opentimelineio

COLOURS = ("RED", "GREEN", "BLUE", "YELLOW", "CYAN", "MAGENTA", "ORANGE", "PURPLE")
"""Of markers, one a label, again from the first where there are more."""


def write(cutlist: Cutlist) -> str:
    """The text of an `.otio` file."""
    from opentimelineio import adapters

    sequence = sequence_of(cutlist, "otio")
    return str(adapters.write_to_string(timeline_of(sequence, float(sequence.rate)), "otio_json")) + "\n"


def notes(cutlist: Cutlist) -> Many[str]:
    """Whether frames were resampled."""
    return resampling_note(cutlist.video, "otio")


def timeline_of(sequence: Sequence, rate: float) -> "opentimelineio.schema.Timeline":
    """A timeline of one picture track and the film's audio tracks, cut alike; markers are on the stack of tracks.

    Args:
        sequence: what is on it.
        rate: for its times. All of them are whole numbers of frames at this one rate, so that nothing is ever
            rescaled, and the double that stands in for 24000/1001 is in no sum.
    """
    from opentimelineio import opentime, schema

    timeline = schema.Timeline(sequence.title, global_start_time=opentime.RationalTime(0, rate))
    kinds: list[tuple[str, str, Stream | None]] = [("V1", schema.TrackKind.Video, None)]
    kinds += [(f"A{number + 1}", schema.TrackKind.Audio, track) for number, track in enumerate(sequence.sound)]
    for name, kind, sound in kinds:
        track = schema.Track(name, kind=kind)
        if sound is not None:
            told = {"language": sound.language, "channels": sound.channels}
            track.metadata["miles_deep"] = {key: value for key, value in told.items() if value}
        track.extend([_clip(sequence, clip, rate) for clip in sequence.clips])
        timeline.tracks.append(track)
    timeline.tracks.markers.extend(_markers(sequence, rate))
    return timeline


def colours_of(sequence: Sequence) -> dict[str, str]:
    """Names of markers to their colours."""
    names = sorted({marker.name for marker in sequence.markers})
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}


def _clip(sequence: Sequence, clip: SequenceClip, rate: float) -> Any:
    from opentimelineio import schema

    film = schema.ExternalReference(sequence.url, _range(sequence.start, sequence.total, rate))
    film.name = sequence.file_name
    return schema.Clip(clip.name, film, _range(sequence.start + clip.source, clip.frames, rate))


def _markers(sequence: Sequence, rate: float) -> list[Any]:
    from opentimelineio import schema

    colours = colours_of(sequence)
    markers = []
    for marked in sequence.markers:
        marker = schema.Marker(marked.name, _range(marked.start, marked.frames, rate), colours[marked.name])
        marker.comment = marked.comment
        markers.append(marker)
    return markers


def _range(start: int, frames: int, rate: float) -> Any:
    from opentimelineio import opentime

    return opentime.TimeRange(opentime.RationalTime(start, rate), opentime.RationalTime(frames, rate))
