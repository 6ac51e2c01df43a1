"""FCPXML, which Final Cut Pro and DaVinci Resolve read.

Not printed by OpenTimelineIO's adapter, which cannot do it rightly: it knows no frame duration of 24000/1001 and
the like, starts an `ffprobe` that need not be there, searches by names that a quote in a label breaks, puts the
picture outside of clips that have a timecode, and counts in floats. "It has some problematic time math at a pretty
deep level", say its keepers (OpenTimelineIO issue 1661). Here times are fractions all the way.

Version 1.8 is the last whose assets have their URL themselves: newer and older editors read it, and that adapter.
https://developer.apple.com/documentation/professional-video-applications/fcpxml-reference
"""

from collections.abc import Sequence as Many
from fractions import Fraction
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from miles_deep.export.cutlist import Cutlist
from miles_deep.export.frames import resampling_note
from miles_deep.export.sequence import Sequence, SequenceClip, sequence_of

VERSION = "1.8"

AUDIO_RATES = {
    32000: "32k",
    44100: "44.1k",
    48000: "48k",
    88200: "88.2k",
    96000: "96k",
    176400: "176.4k",
    192000: "192k",
}
"""Samples a second to what a sequence calls them; others are played at the first that is not lower."""

COLOUR_SPACES = {
    (1, 1, 1): "1-1-1 (Rec. 709)",
    (5, 1, 6): "5-1-6 (Rec. 601 PAL)",
    (6, 1, 6): "6-1-6 (Rec. 601 NTSC)",
    (9, 1, 9): "9-1-9 (Rec. 2020)",
    (9, 16, 9): "9-16-9 (Rec. 2020 PQ)",
    (9, 18, 9): "9-18-9 (Rec. 2020 HLG)",
}
"""Primaries, transfer and matrix (H.273) to Apple's names."""


def write(cutlist: Cutlist) -> str:
    """The text of an `.fcpxml` file."""
    sequence = sequence_of(cutlist, "fcpxml")
    root = Element("fcpxml", version=VERSION)
    resources = SubElement(root, "resources")
    SubElement(resources, "format", _format(sequence))
    SubElement(resources, "asset", _asset(sequence))
    # Resolve looks for a project in an event of a library only (OpenTimelineIO issue 742).
    event = SubElement(SubElement(root, "library"), "event", name=sequence.title)
    project = SubElement(event, "project", name=sequence.title)
    spine = SubElement(SubElement(project, "sequence", _sequence(sequence)), "spine")
    for clip in sequence.clips:
        element = SubElement(spine, "asset-clip", _clip(sequence, clip))
        for attributes in _markers(sequence):
            SubElement(element, "marker", attributes)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{body}\n'


def notes(cutlist: Cutlist) -> Many[str]:
    """Whether frames were resampled."""
    return resampling_note(cutlist.video, "fcpxml")


def _format(sequence: Sequence) -> dict[str, str]:
    width, height = sequence.video.upright_size
    colour = sequence.video.colour
    attributes = {
        "id": "r1",
        "name": _format_name(sequence),
        # As Final Cut Pro writes it: 1001/24000s, 100/2400s.
        "frameDuration": "{1}/{0}s".format(*_ticks(sequence.rate)),
        "width": str(width),
        "height": str(height),
    }
    if sequence.video.upright_aspect != 1:
        wide, high = sequence.video.upright_aspect.as_integer_ratio()
        attributes |= {"paspH": str(wide), "paspV": str(high)}
    space = COLOUR_SPACES.get((colour.primaries, colour.transfer, colour.matrix))
    return attributes | ({"colorSpace": space} if space else {})


def _format_name(sequence: Sequence) -> str:
    """Final Cut Pro's name of a format it knows; of others it takes the attributes."""
    if sequence.video.upright_size in ((1920, 1080), (1280, 720)) and not sequence.video.interlaced:
        return f"FFVideoFormat{sequence.video.upright_size[1]}p{_rate_name(sequence.rate)}"
    return "FFVideoFormatRateUndefined"


def _rate_name(rate: Fraction) -> str:
    return str(rate) if rate.denominator == 1 else str(int(rate * 100 + Fraction(1, 2)))


def _asset(sequence: Sequence) -> dict[str, str]:
    attributes = {
        "id": "r2",
        "name": sequence.title,
        "src": sequence.url,
        "start": _seconds(sequence, sequence.start),
        "duration": _seconds(sequence, sequence.total),
        "hasVideo": "1",
        "format": "r1",
    }
    if sequence.sound:
        channels, sampled = _sound(sequence)
        attributes |= {"hasAudio": "1", "audioSources": str(len(sequence.sound)), "audioChannels": str(channels)}
        attributes |= {"audioRate": str(sampled)} if sampled else {}
    return attributes


def _sequence(sequence: Sequence) -> dict[str, str]:
    attributes = {
        "format": "r1",
        "duration": _seconds(sequence, sequence.frames),
        "tcStart": "0s",
        "tcFormat": _timecode_format(sequence),
    }
    if sequence.sound:
        channels, sampled = _sound(sequence)
        layout = "mono" if channels == 1 else "stereo" if channels == 2 else "surround"
        rate = next((name for rate, name in AUDIO_RATES.items() if rate >= (sampled or 48000)), "192k")
        attributes |= {"audioLayout": layout, "audioRate": rate}
    return attributes


def _sound(sequence: Sequence) -> tuple[int, int]:
    """Channels and samples a second of the fullest of the film's audio tracks."""
    return max(track.channels for track in sequence.sound), max(track.sample_rate for track in sequence.sound)


def _clip(sequence: Sequence, clip: SequenceClip) -> dict[str, str]:
    return {
        "ref": "r2",
        "offset": _seconds(sequence, clip.record),
        "name": clip.name,
        "start": _seconds(sequence, sequence.start + clip.source),
        "duration": _seconds(sequence, clip.frames),
        "format": "r1",
        "tcFormat": _timecode_format(sequence),
    }


def _markers(sequence: Sequence) -> list[dict[str, str]]:
    """Of the one clip that there is where any are; their times are on the film's timecode, as the clip's start."""
    return [
        {
            "start": _seconds(sequence, sequence.start + marker.start),
            "duration": _seconds(sequence, marker.frames),
            "value": marker.name,
            "note": marker.comment,
        }
        for marker in sequence.markers
    ]


def _timecode_format(sequence: Sequence) -> str:
    return "DF" if sequence.drop else "NDF"


def _seconds(sequence: Sequence, frames: int) -> str:
    """A time of whole frames as the format wants it: a fraction of seconds, 1001/24000s, or whole ones, 5s."""
    return f"{frames / sequence.rate}s"


def _ticks(rate: Fraction) -> tuple[int, int]:
    return (rate.numerator, rate.denominator) if rate.denominator != 1 else (rate.numerator * 100, 100)
