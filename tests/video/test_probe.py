"""probe: what it tells of every film, and how it refuses what is none."""

import itertools
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from media import ONE_KEYFRAME, FilmSpec, make, read_frame_number, text_file, truncate
from media.picture import clock_frame
from miles_deep.errors import NoVideoError, VideoError
from miles_deep.video import Colour, Scaler, frames_at, probe
from truth import every_film, truth

Films = Callable[[FilmSpec], Path]

CONTAINERS = {
    "mp4": "mov,mp4,m4a,3gp,3g2,mj2",
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "mkv": "matroska,webm",
    "webm": "matroska,webm",
    "wmv": "asf",
    "ts": "mpegts",
}

GROUPS_OF_THEIR_OWN = ("mpeg4", "mpeg2video")
"""Codecs whose encoder closes a group of pictures before its B-frames: keyframes come a little sooner."""


@every_film
def test_picture(spec: FilmSpec, film: Films) -> None:
    video = probe(film(spec))
    assert video.path == film(spec)
    assert video.container == CONTAINERS.get(spec.container, spec.container)
    stored = (spec.height, spec.width) if spec.rotation % 180 else (spec.width, spec.height)
    assert (video.width, video.height) == stored
    assert video.pixel_aspect == 1
    # yuvj is FFmpeg's older name for full range
    assert video.pixel_format.replace("yuvj", "yuv") == spec.pix_fmt.replace("yuvj", "yuv")
    assert video.interlaced == spec.interlaced
    assert video.orientation.degrees == -spec.rotation % 360
    assert (video.display_matrix is not None) == (spec.rotation != 0)
    assert video.colour.full_range == spec.full_range
    if spec.color:
        number = {"bt709": 1, "bt601": 6}[spec.color[0]]
        assert video.colour == Colour(number, spec.full_range, number, number)
    else:
        assert video.colour.matrix in (5, 6)  # the two names of BT.601


@every_film
def test_times(spec: FilmSpec, film: Films) -> None:
    video = probe(film(spec))
    true = truth(spec)
    assert video.start == spec.shown()[0][1]
    assert abs(video.duration - true.end) <= Fraction(1, 1000)
    assert video.variable_frame_rate == spec.vfr
    if not spec.vfr:
        assert video.frame_rate == spec.rate
    elif spec.container == "mp4":
        assert video.frame_rate is not None
        assert abs(video.frame_rate * spec.duration - len(true.frames)) < 2


@every_film
def test_packets(spec: FilmSpec, film: Films) -> None:
    """Every frame's time is known before one of them is decoded."""
    index = probe(film(spec)).index
    true = truth(spec)
    assert index.frame_times == [time for _, time in true.frames]
    assert abs(index.end - true.end) <= Fraction(1, 1000)
    columns = (index.pts, index.size, index.stamp, index.keyframe)
    assert [len(column) for column in columns] == [len(true.frames)] * 4
    assert index.size.min() > 0


@every_film
def test_keyframes(spec: FilmSpec, film: Films) -> None:
    found = probe(film(spec)).keyframes
    shown = dict(truth(spec).frames)
    if spec.codec in ("mjpeg", "ffv1") and spec.gop > 1 and len(found) == len(shown):
        assert list(found) == list(shown.values())  # every picture stands alone
        return
    if spec.codec in GROUPS_OF_THEIR_OWN:
        assert set(found) <= set(shown.values())
        gaps = [after - before for before, after in itertools.pairwise(found)]
        assert all(0 < gap * spec.rate <= spec.gop for gap in gaps)
        return
    groups = range(0, len(spec.frame_times()), spec.gop)
    assert list(found) == [shown[number] for number in groups if number in shown]


@every_film
def test_streams(spec: FilmSpec, film: Films) -> None:
    video = probe(film(spec))
    assert [stream.index for stream in video.streams] == list(range(len(video.streams)))
    picture = video.streams[video.picture]
    assert (picture.kind, picture.codec) == ("video", spec.codec)
    assert "attached_pic" not in picture.dispositions

    covers = [stream for stream in video.streams if stream.kind == "video" and stream.index != video.picture]
    assert [(cover.codec, "attached_pic" in cover.dispositions) for cover in covers] == [
        ("mjpeg", True)
    ] * spec.cover

    sounds = [stream for stream in video.streams if stream.kind == "audio"]
    assert [sound.codec for sound in sounds] == [track.codec for track in spec.audio]
    if spec.container != "avi":
        assert [sound.language for sound in sounds] == [track.language for track in spec.audio]
    if spec.container not in ("avi", "ts", "wmv"):
        assert ["default" in sound.dispositions for sound in sounds] == [track.default for track in spec.audio]

    texts = [stream for stream in video.streams if stream.kind == "subtitle"]
    assert [(text.codec, text.language) for text in texts] == [(t.codec, t.language) for t in spec.subtitles]
    assert ["forced" in text.dispositions for text in texts] == [track.forced for track in spec.subtitles]
    if spec.container == "mkv":
        assert ["default" in text.dispositions for text in texts] == [track.default for track in spec.subtitles]


@pytest.mark.parametrize(
    "width, height, tagged, matrix",
    [
        (1280, 720, None, 1),
        (720, 1280, None, 1),
        (1920, 800, None, 1),
        (720, 576, None, 6),
        (640, 480, None, 6),
        (1280, 720, ("bt601", "tv"), 6),
        (640, 480, ("bt709", "tv"), 1),
    ],
)
def test_untagged_colours_are_taken_as_players_take_them(width, height, tagged, matrix, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    make(path, width=width, height=height, color=tagged, duration=Fraction(1, 25), audio=())
    assert probe(path).colour.matrix == matrix


def test_pixel_aspect(tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, width=160, height=120)
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)
        out.mux(stream.encode(clock_frame(0, 0, 160, 120, "yuv420p", "bt601", False, 0)))
        out.mux(stream.encode(None))
    assert probe(path).pixel_aspect == Fraction(16, 11)


@pytest.mark.parametrize("container", ["mp4", "mkv", "mov", "webm", "avi", "wmv", "ts"])
def test_a_film_of_one_frame(container: str, tmp_path: Path) -> None:
    codec = "vp9" if container == "webm" else "h264"
    path = tmp_path / f"one.{container}"
    make(path, container, codec, audio=(), duration=Fraction(1, 25), bframes=0)
    video = probe(path)
    assert 0 < video.duration <= Fraction(1, 20)
    assert not video.variable_frame_rate
    assert video.keyframes == (0,)
    assert [read_frame_number(Scaler(video).rgb(frame)) for _, frame in frames_at(video, [Fraction(0)])] == [0]


def test_the_film_is_the_default_track_not_the_first(tmp_path: Path) -> None:
    """A second, smaller angle in front of the film, and a cover before both."""
    path = tmp_path / "angles.mkv"
    with av.open(str(path), "w") as out:
        small, large = (out.add_stream("libx264", rate=25, width=size, height=size) for size in (64, 160))
        small.disposition, large.disposition = Disposition(0), Disposition.default
        for stream, number in ((small, 7), (large, 9)):
            out.mux(
                stream.encode(clock_frame(number, 0, stream.width, stream.width, "yuv420p", "bt601", False, 0))
            )
            out.mux(stream.encode(None))
    video = probe(path)
    assert (video.picture, video.width) == (1, 160)
    [(_, frame)] = frames_at(video, [Fraction(0)])
    assert read_frame_number(Scaler(video).rgb(frame)) == 9


def refusal(path: Path, error: type[VideoError] = VideoError) -> str:
    """The one line that says why a file is no film."""
    with pytest.raises(error) as caught:
        probe(path)
    message = str(caught.value)
    assert type(caught.value) is error
    assert "\n" not in message and message.startswith(str(path))
    return message


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.mp4")
    assert "folder" in refusal(tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "empty" in refusal(tmp_path / "empty.mp4")
    refusal(Path("nul\0in its name.mp4"))
    refusal(tmp_path / ("long" * 100 + ".mp4"))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".txt", ""])
def test_text_is_no_film(suffix: str, tmp_path: Path) -> None:
    assert "not a film" in refusal(text_file(tmp_path / f"notes{suffix}"))


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "ts", "wmv", "webm"])
def test_only_the_beginning_is_left(container: str, tmp_path: Path) -> None:
    """Cut off before the first picture is complete."""
    whole, cut = tmp_path / f"whole.{container}", tmp_path / f"cut.{container}"
    make(whole, container, "vp9" if container == "webm" else "h264", audio=(), duration=Fraction(1), bframes=0)
    for fraction in (0.001, 0.02):
        refusal(truncate(whole, cut, fraction))


def test_an_mp4_without_its_end_is_none(tmp_path: Path) -> None:
    make(tmp_path / "whole.mp4", duration=Fraction(2))
    refusal(truncate(tmp_path / "whole.mp4", tmp_path / "cut.mp4", 0.9))


@pytest.mark.parametrize("cover", [False, True], ids=["song", "song with a cover"])
def test_sound_has_nothing_to_watch(cover: bool, tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("aac", rate=48000)
        if cover:
            picture = out.add_stream("mjpeg", rate=25, width=96, height=96, pix_fmt="yuvj420p")
            picture.disposition = Disposition.attached_pic
            out.mux(picture.encode(clock_frame(0, 0, 96, 96, "yuvj420p", "bt601", True, 0)))
            out.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48000, 0
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    assert ("only a cover" if cover else "no picture") in refusal(path, NoVideoError)


LISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    '<Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "imf": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">{}'
    "</CompositionPlaylist>",
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat", ".mpd"])
def test_lists_of_other_files_are_no_films(kind: str, suffix: str, film: Films, tmp_path: Path) -> None:
    """A hostile list could make us read any file, or call any server: were it opened, this one would be a film."""
    target = tmp_path / "target.ts"
    target.write_bytes(film(FilmSpec("ts", duration=Fraction(1))).read_bytes())
    for name in (target.name, str(target), f"file:{target}"):
        path = tmp_path / f"list{suffix}"
        path.write_text(LISTS[kind].format(name))
        refusal(path)


@pytest.mark.parametrize("kind", LISTS)
def test_no_connection_is_made(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        path = tmp_path / "list.mp4"
        path.write_text(LISTS[kind].format(f"http://127.0.0.1:{server.getsockname()[1]}/film.ts"))
        refusal(path)
        with pytest.raises(BlockingIOError):  # nobody is waiting to be let in
            server.accept()


NAMES = [
    "with spaces.mp4",
    "it's.mp4",
    "-i.mp4",
    "frame%03d.mp4",
    "100%.mp4",
    "#1 & 2;.mp4",
    "früh.mp4",
    "$(x)`y`.mp4",
]
if sys.platform != "win32":
    NAMES += [
        "new\nline.mp4",
        'quo"te.mp4',
        "a:b.mp4",
        "http:x.mp4",
        "file:x.mp4",
        "concat:a|b.mp4",
        "back\\slash.mp4",
    ]
    NAMES += ["what?*.mp4", "http:", "pipe:0", "data:,"]
if sys.platform == "linux":
    NAMES += [os.fsdecode(b"caf\xe9 \xff.mp4")]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_file_name(name: str, film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = FilmSpec(duration=Fraction(1))
    (tmp_path / name).write_bytes(film(spec).read_bytes())
    monkeypatch.chdir(tmp_path)
    for path in (Path(name), tmp_path / name):
        video = probe(path)
        assert video.duration == 1
        numbers = [read_frame_number(Scaler(video).rgb(frame)) for _, frame in frames_at(video, [Fraction(1, 2)])]
        assert numbers == [12]
    assert probe(name).duration == 1  # a path may be a str


@pytest.mark.parametrize("container", ["mkv", "webm", "h264", "ts"])
def test_missing_duration_is_counted(container: str, tmp_path: Path) -> None:
    codec = "vp9" if container == "webm" else "h264"
    path = tmp_path / f"live.{container}"
    spec = make(path, container, codec, audio=(), duration=Fraction(7, 5), missing_duration=True, gop=ONE_KEYFRAME)
    assert probe(path).duration == truth(spec).end


def test_an_attached_picture_of_any_size_is_not_the_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    spec = make(path, cover=True, width=64, height=48, duration=Fraction(1))
    assert (probe(path).width, probe(path).height) == (spec.width, spec.height)  # the cover has 96 x 96
    assert probe(path) == replace(probe(path))


@pytest.mark.parametrize("container", ["mkv", "mp4", "ts"])
def test_how_long_sound_runs_before_the_first_frame(container: str, film: Films, tmp_path: Path) -> None:
    """Players count from the first packet of any track, and we from the first frame."""
    source, late = film(FilmSpec(container, duration=Fraction(4))), tmp_path / f"late.{container}"
    with av.open(str(source)) as read, av.open(str(late), "w") as write:
        tracks = {stream.index: write.add_stream_from_template(stream) for stream in read.streams}
        for packet in read.demux():
            if not packet.size:
                continue
            if packet.stream.type == "video":
                shift = int(Fraction(3, 2) / packet.time_base)
                packet.pts += shift
                packet.dts = None if packet.dts is None else packet.dts + shift
            packet.stream = tracks[packet.stream.index]
            write.mux(packet)
    assert probe(source).lead <= Fraction(1, 10)
    assert abs(probe(late).lead - probe(source).lead - Fraction(3, 2)) <= Fraction(1, 40)
