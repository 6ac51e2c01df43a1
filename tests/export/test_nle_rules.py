"""What editors demand of the files, beside right times."""

import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from nle_cases import CASES, NTSC, cutlist, film, of_frames, segment, steady

from media import AudioTrack, FilmSpec
from miles_deep import export, probe
from miles_deep.errors import OptionError
from miles_deep.export import FORMATS
from miles_deep.video import Orientation

EDITORS = ("edl", "fcpxml", "xmeml", "otio")

DTD = {
    "fcpxml": ("version", "resources library"),
    "resources": ("", "format asset"),
    "format": ("id name frameDuration fieldOrder width height paspH paspV colorSpace", ""),
    "asset": (
        "id name src start duration hasVideo format hasAudio videoSources audioSources audioChannels audioRate",
        "",
    ),
    "library": ("location", "event"),
    "event": ("name uid", "project"),
    "project": ("name uid", "sequence"),
    "sequence": ("format duration tcStart tcFormat audioLayout audioRate", "spine"),
    "spine": ("name format", "asset-clip"),
    "asset-clip": ("ref lane offset name start duration enabled format tcStart tcFormat audioRole", "marker"),
    "marker": ("start duration value completed note", ""),
}
"""Apple's definition of the elements used (FCPXML 1.8): what attributes they may have, and what is in them."""


@pytest.mark.parametrize("case", CASES)
def test_fcpxml_keeps_to_the_definition(case):
    text = FORMATS["fcpxml"].write(CASES[case])
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml version="1.8">')
    root = ElementTree.fromstring(text.encode())
    for element in root.iter():
        attributes, children = DTD[element.tag]
        assert set(element.attrib) <= set(attributes.split()), element.tag
        assert {child.tag for child in element} <= set(children.split()), element.tag
        for name in {"start", "duration", "offset", "frameDuration", "tcStart"} & set(element.attrib):
            assert re.fullmatch(r"\d+(/[1-9]\d*)?s", element.get(name)), name
    ids = {element.get("id"): element.tag for element in root.iter() if element.get("id")}
    for element in root.iter():
        assert ids.get(element.get("ref"), "asset") == "asset"
        assert ids.get(element.get("format"), "format") == "format"


@pytest.mark.parametrize(
    ("rate", "size", "name", "duration"),
    [
        (24 * NTSC, (1920, 1080), "FFVideoFormat1080p2398", "1001/24000s"),
        (Fraction(24), (1280, 720), "FFVideoFormat720p24", "100/2400s"),
        (Fraction(25), (1920, 1080), "FFVideoFormat1080p25", "100/2500s"),
        (30 * NTSC, (1280, 720), "FFVideoFormat720p2997", "1001/30000s"),
        (60 * NTSC, (1920, 1080), "FFVideoFormat1080p5994", "1001/60000s"),
        (Fraction(60), (640, 480), "FFVideoFormatRateUndefined", "100/6000s"),
    ],
)
def test_fcpxml_formats_have_the_names_that_final_cut_knows(rate, size, name, duration):
    root = ElementTree.fromstring(FORMATS["fcpxml"].write(cutlist(steady(rate, 100, size=size))))
    format = root.find("resources/format")
    assert (format.get("name"), format.get("frameDuration")) == (name, duration)
    assert (format.get("width"), format.get("height")) == tuple(map(str, size))


@pytest.mark.parametrize("case", CASES)
def test_xmeml_links_every_clip_to_its_sound(case):
    root = ElementTree.fromstring(FORMATS["xmeml"].write(CASES[case]).encode())
    clips = {clip.get("id"): clip for clip in root.iter("clipitem")}
    tracks = root.findall(".//sequence/media/video/track") + root.findall(".//sequence/media/audio/track")
    channels = sum(stream.channels for stream in CASES[case].video.streams)
    assert len(tracks) == 1 + channels and len(clips) == sum(map(len, tracks))
    for clip in clips.values():
        linked = [clips[link.findtext("linkclipref")] for link in clip.findall("link")]
        assert len(linked) == (len(tracks) if channels else 0)
        assert all(other.findtext("in") == clip.findtext("in") for other in linked)
        for link, track in zip(clip.findall("link"), tracks, strict=bool(channels)):
            assert track[int(link.findtext("clipindex")) - 1] is clips[link.findtext("linkclipref")]
        assert len(clip.findall("rate")) == 1
    heard = [track.findtext("clipitem/sourcetrack/trackindex") for track in tracks[1:]]
    assert heard == [str(number + 1) for number in range(channels)] or not clips
    files = list(root.iter("file"))
    assert [file.get("id") for file in files] == ["file-1"] * len(clips)
    assert all(len(file) == 0 for file in files[1:])


def test_xmeml_of_a_turned_film():
    """The picture is as it stands upright."""
    video = steady(25, 100, size=(1280, 720))
    turned = replace(video, orientation=Orientation(transpose=True))
    turned.__dict__["index"] = video.index
    picture = ElementTree.fromstring(FORMATS["xmeml"].write(cutlist(turned, segment(0, 1)))).find(
        ".//file/media/video"
    )
    assert picture.findtext("samplecharacteristics/width") == "720"
    assert picture.findtext("samplecharacteristics/height") == "1280"


@pytest.mark.parametrize(
    ("channels", "written"),
    [
        ((), ["V"]),
        ((1,), ["B"]),
        ((2,), ["AA/V"]),
        ((1, 1), ["AA/V"]),
        ((1, 2), ["AA/V", "AUD  3"]),
        ((6,), ["AA/V", "AUD  3    4"]),
        ((0,), ["AA/V"]),
    ],
)
def test_edl_channels(channels, written):
    lines = FORMATS["edl"].write(cutlist(steady(25, 100, channels=channels), segment(0, 1))).splitlines()
    assert lines[3].split()[2] == written[0]
    assert [line for line in lines if line.startswith("AUD")] == written[1:]


@pytest.mark.parametrize(
    ("name", "reel"),
    [("a long name.mov", "ALONGNAM"), ("猫.mp4", "AX"), ("bl.mp4", "AX"), ("B-1_x.mp4", "B1X"), ("x.y.mkv", "XY")],
)
def test_edl_reels_are_eight_letters_and_digits(name, reel):
    text = FORMATS["edl"].write(cutlist(steady(25, 100, name=name), segment(0, 1)))
    assert f"001  {reel:<8} AA/V  C        00:" in text
    assert f"* FROM CLIP NAME:  {name}\n" in text


def test_edl_lines_are_whole_whatever_is_in_names():
    """Every line is one that an EDL has, read as editors do: at anything that ends a line anywhere."""
    name = "line\nbreak\x85and\u2028more.mp4"
    video = steady(25, 1000, name=name)
    for mark in (False, True):
        text = FORMATS["edl"].write(cutlist(video, segment(0, 1, "one\r\n002  two\x0bthree"), mark=mark))
        kinds = ("TITLE: ", "FCM: ", "001  ", "* FROM CLIP NAME:  ", "* FROM CLIP: ", "* COMMENT: ", "* LOC: ")
        assert all(line.startswith(kinds) for line in text.splitlines() if line)
    assert len(FORMATS["edl"].write(cutlist(steady(25, 9, name="x" * 200))).splitlines()[0]) == len("TITLE: ") + 70


def test_edl_of_more_events_than_have_three_digits():
    video = steady(25, 5000)
    kept = [of_frames(video, 4 * number, 4 * number + 2).span for number in range(1200)]
    given = replace(cutlist(video), kept=tuple(kept))
    assert "\n1200  MYFILM   AA/V  C        00:03:11:21 " in FORMATS["edl"].write(given)
    assert FORMATS["edl"].notes(given) == ("edl: 1200 events; some editors read the first 999 only",)


def test_edl_of_a_film_longer_than_a_day():
    video = film([0, 2_160_000], Fraction(1, 25), 1, Fraction(25))
    with pytest.raises(OptionError, match=r"my film.mp4: longer than the 24 hours that"):
        FORMATS["edl"].write(cutlist(video, segment(0, 1)))


@pytest.mark.parametrize("format", EDITORS)
def test_any_bytes_in_a_file_name(format):
    """The film is found again by its URL."""
    path = Path("/films") / os.fsdecode(b"50% \"off\" & 'more' \xff\xc3\xa9?#[x].mp4")
    video = steady(25, 100)
    odd = replace(video, path=path)
    odd.__dict__["index"] = video.index
    text = FORMATS[format].write(cutlist(odd, segment(0, 1)))
    [url] = set(re.findall(r"file://[!-~]*?\.mp4", text))
    assert unquote_to_bytes(urlsplit(url).path) == os.fsencode(path)
    assert text.encode("utf-8")  # Which holds no half of a surrogate pair.


def remade_with_timecode(source: Path, target: Path, timecode: str, rate: Fraction) -> None:
    """Ten seconds with a clock in the file."""
    with av.open(str(target), "w") as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = 64, 48
        if target.suffix == ".mkv":
            out.metadata["timecode"] = timecode
        else:
            stream.metadata["timecode"] = timecode
        for number in range(40):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), "rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv"])
@pytest.mark.parametrize("timecode", ["10:20:30;12", "10:20:30:12"])
def test_the_timecode_of_a_real_film(tmp_path, suffix, timecode):
    path = tmp_path / f"film.{suffix}"
    remade_with_timecode(path, path, timecode, 30 * NTSC)
    video = probe(path)
    assert video.timecode == timecode
    text = FORMATS["edl"].write(cutlist(video, segment(0, 1)))
    after = timecode[:6] + "31" + timecode[8:]
    assert f"C        {timecode} {after} 00:00:00{timecode[8]}00 00:00:01{timecode[8]}00\n" in text


def test_a_real_film(tmp_path, film):
    """What probing tells reaches the files; a file's suffix says its format."""
    video = probe(film(FilmSpec(audio=(AudioTrack(), AudioTrack(channels=1, rate=44100)))))
    assert video.timecode is None
    assert [(track.channels, track.sample_rate) for track in video.streams] == [(0, 0), (2, 48000), (1, 44100)]
    for format, suffix in {"edl": "edl", "fcpxml": "fcpxml", "xmeml": "xml", "otio": "otio"}.items():
        result = export([segment(1, 3)], tmp_path / f"cut.{suffix}", video=video)
        assert (result.format, result.notes) == (format, ())
    assert "00:00:01:00 00:00:03:00 00:00:00:00 00:00:02:00" in (tmp_path / "cut.edl").read_text()
    asset = ElementTree.parse(tmp_path / "cut.fcpxml").find("resources/asset")
    assert (asset.get("audioSources"), asset.get("audioChannels"), asset.get("audioRate")) == ("2", "2", "48000")


@pytest.mark.parametrize(
    "spec", [FilmSpec("avi", "h264", (), duration=Fraction(4)), FilmSpec("mkv", vfr=True)], ids=str
)
def test_films_without_order_or_constant_rate(tmp_path, film, spec):
    video = probe(film(spec))
    for format in EDITORS:
        result = export([segment(1, 3)], tmp_path / f"{format}.x", video=video, format=format)
        assert bool(result.notes) == spec.vfr
    assert "00:00:01:00 00:00:03:00 00:00:00:00 00:00:02:00" in (tmp_path / "edl.x").read_text()


@pytest.mark.parametrize(
    ("aspect", "turned", "xmeml", "fcpxml"),
    [
        (Fraction(16, 15), False, ("PAL-601", None), ("16", "15")),
        (Fraction(64, 45), False, ("PAL-601", "TRUE"), ("64", "45")),
        (Fraction(40, 33), False, ("NTSC-601", "TRUE"), ("40", "33")),
        (Fraction(4, 3), False, ("HD-(1440x1080)", None), ("4", "3")),
        (Fraction(3, 4), True, ("HD-(1440x1080)", None), ("4", "3")),
        (Fraction(7, 5), False, (None, None), ("7", "5")),
        (Fraction(1), False, ("square", None), (None, None)),
    ],
)
def test_pixels_that_are_not_square(aspect, turned, xmeml, fcpxml):
    given = cutlist(steady(25, 100, pixel_aspect=aspect, turned=turned), segment(1, 3))
    kind = ElementTree.fromstring(FORMATS["xmeml"].write(given)).find(".//file//video/samplecharacteristics")
    assert (kind.findtext("pixelaspectratio"), kind.findtext("anamorphic")) == xmeml
    shape = ElementTree.fromstring(FORMATS["fcpxml"].write(given)).find("resources/format")
    assert (shape.get("paspH"), shape.get("paspV")) == fcpxml
    assert bool(FORMATS["xmeml"].notes(given)) == (xmeml == (None, None))
