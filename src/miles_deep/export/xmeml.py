"""The XML of Final Cut Pro 7 (`xmeml`), which Premiere Pro and DaVinci Resolve read.

Printed by OpenTimelineIO's adapter. It writes what hangs on the timeline's objects as metadata `fcp_xml`: the kind
of picture and sound, and one track a channel of sound, as Premiere lays them out. What it leaves out or gets wrong
is set in its XML: clips are linked to their sound, and their length is the film's.

https://developer.apple.com/library/archive/documentation/AppleApplications/Reference/FinalCutPro_XML/Elements/Elements.html
"""

import copy
import warnings
from collections.abc import Sequence as Many
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.frames import resampling_note
from miles_deep.export.sequence import Sequence, sequence_of

if TYPE_CHECKING:
    import opentimelineio

TRACK_TYPES = {1: "Mono", 2: "Stereo", 6: "5.1"}
"""Channels of sound to Premiere's name of their track."""

PIXELS = {
    Fraction(1): "square",
    Fraction(8, 9): "NTSC-601",
    Fraction(10, 11): "NTSC-601",
    Fraction(16, 15): "PAL-601",
    Fraction(12, 11): "PAL-601",
    Fraction(4, 3): "HD-(1440x1080)",
    Fraction(3, 2): "HD-(1280x1080)",
}
"""Width of a pixel over its height to the format's name of it; others have none."""

WIDE = Fraction(4, 3)
"""What a pixel of a 16:9 picture is wider than one of the same size at 4:3: anamorphic."""

ORDER = {
    "sequence": ("name", "duration", "rate", "timecode", "media", "marker"),
    "clipitem": ("name", "duration", "rate", "start", "end", "in", "out", "file", "sourcetrack", "link"),
    "file": ("name", "pathurl", "rate", "duration", "timecode", "media"),
    "media": ("video", "audio"),
    "audio": ("numOutputChannels", "samplecharacteristics", "channelcount", "track"),
    "samplecharacteristics": (
        "rate",
        "width",
        "height",
        "anamorphic",
        "pixelaspectratio",
        "fielddominance",
        "depth",
        "samplerate",
    ),
    "rate": ("timebase", "ntsc"),
    "marker": ("name", "comment", "in", "out"),
}
"""What is in an element, as Premiere orders it; the adapter puts what is metadata first, from A to Z."""


def write(cutlist: Cutlist) -> str:
    """The text of an `.xml` file."""
    from opentimelineio import adapters

    sequence = sequence_of(cutlist, "xmeml")
    timeline = _timeline(sequence)
    with warnings.catch_warnings():
        # The adapter asks whether elements are true, which Python 3.12 does not like any more.
        warnings.simplefilter("ignore", DeprecationWarning)
        root = ElementTree.fromstring(adapters.write_to_string(timeline, "fcp_xml").encode())
    tracks = root.findall(".//media/video/track") + root.findall(".//media/audio/track")
    for place, linked in enumerate(zip(*(track.findall("clipitem") for track in tracks), strict=True)):
        for clip in linked:
            _mend(clip, sequence)
            _link(clip, linked, place)
    for element in root.iter():
        if order := ORDER.get(element.tag):
            element[:] = sorted(element, key=lambda child: order.index(child.tag))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{body}\n'


def notes(cutlist: Cutlist) -> Many[str]:
    """Whether frames were resampled, and whether the picture's shape has no name."""
    aspect = cutlist.video.upright_aspect
    shape = [] if _pixels(aspect) else [f"xmeml: no name for pixels of {aspect}, so tell your editor their shape"]
    return [*resampling_note(cutlist.video, "xmeml"), *shape]


def _timeline(sequence: Sequence) -> "opentimelineio.schema.Timeline":
    from miles_deep.export.otio import timeline_of

    timeline = timeline_of(sequence, float(sequence.rate))
    timeline.tracks[1:] = _channels(timeline.tracks[1:], sequence)
    timeline.metadata["fcp_xml"] = {
        "@explodedTracks": "true",
        "media": {
            "video": {"format": {"samplecharacteristics": _picture(sequence)}},
            "audio": {"numOutputChannels": "2"} if sequence.sound else {},
        },
    } | _timecode(sequence)
    film = {"media": _media(sequence)} | _timecode(sequence)
    for track in timeline.tracks:
        for clip in track:
            clip.media_reference.metadata["fcp_xml"] = film
    for marker in timeline.tracks.markers:
        marker.metadata["fcp_xml"] = {"comment": marker.comment}
    return timeline


def _channels(tracks: list[Any], sequence: Sequence) -> list[Any]:
    """A track for each channel of each of the film's audio tracks; those of one are known as such."""
    made: list[Any] = []
    for track, sound in zip(tracks, sequence.sound, strict=True):
        for channel in range(sound.channels):
            one = copy.deepcopy(track)
            one.metadata["fcp_xml"] = {
                "@currentExplodedTrackIndex": str(channel),
                "@totalExplodedTrackCount": str(sound.channels),
            }
            if sound.channels in TRACK_TYPES:
                one.metadata["fcp_xml"]["@premiereTrackType"] = TRACK_TYPES[sound.channels]
            made.append(one)
            for clip in one:
                source = {"mediatype": "audio", "trackindex": str(len(made))}
                clip.metadata["fcp_xml"] = {"sourcetrack": source}
    return made


def _media(sequence: Sequence) -> dict[str, Any]:
    sound = []
    for track in sequence.sound:
        # 16 bits is what editors write for coded sound, which has no depth.
        kind = {"depth": "16"} | ({"samplerate": str(track.sample_rate)} if track.sample_rate else {})
        sound.append({"samplecharacteristics": kind, "channelcount": str(track.channels)})
    return {"video": {"samplecharacteristics": _picture(sequence)}} | ({"audio": sound} if sound else {})


def _picture(sequence: Sequence) -> dict[str, Any]:
    width, height = sequence.video.upright_size
    kind: dict[str, Any] = {"rate": _rate(sequence), "width": str(width), "height": str(height)}
    kind |= _pixels(sequence.video.upright_aspect)
    if not sequence.video.interlaced:
        kind["fielddominance"] = "none"
    return kind


def _pixels(aspect: Fraction) -> dict[str, str]:
    if aspect in PIXELS:
        return {"pixelaspectratio": PIXELS[aspect]}
    narrow = PIXELS.get(aspect / WIDE, "")
    return {"pixelaspectratio": narrow, "anamorphic": "TRUE"} if narrow.endswith("601") else {}


def _rate(sequence: Sequence) -> dict[str, str]:
    return {"timebase": str(sequence.whole_rate), "ntsc": "FALSE" if sequence.rate.denominator == 1 else "TRUE"}


def _timecode(sequence: Sequence) -> dict[str, Any]:
    return {"timecode": {"displayformat": "DF" if sequence.drop else "NDF"}}


def _mend(clip: Element, sequence: Sequence) -> None:
    """Take the second of two equal rates away, and say how long the film is, not the clip."""
    for rate in clip.findall("rate")[1:]:
        clip.remove(rate)
    for duration in clip.findall("duration"):
        duration.text = str(sequence.total)


def _link(clip: Element, linked: Many[Element], place: int) -> None:
    """Tie a clip to those of other tracks that show or sound the same frames, and to itself."""
    if len(linked) < 2:
        return
    for number, other in enumerate(linked):
        link = SubElement(clip, "link")
        SubElement(link, "linkclipref").text = other.get("id")
        SubElement(link, "mediatype").text = "audio" if number else "video"
        SubElement(link, "trackindex").text = str(max(number, 1))
        SubElement(link, "clipindex").text = str(place + 1)
