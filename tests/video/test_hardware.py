"""Decoding in hardware: trusted where its frames are the same, chosen where it is faster, replaced where it fails.

The hardware here is software in disguise: FFmpeg's own decoder, made the way a device's is, giving frames in the
formats that devices give. What only a device can show is tried by the last test, on machines that have one.
"""

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
import pytest

from media import MATRIX, ONE_KEYFRAME, FilmSpec
from miles_deep.errors import DeviceError, OptionError
from miles_deep.video import probe
from miles_deep.video.container import Damage, main_picture, open_film, packets
from miles_deep.video.devices import CHOICES
from miles_deep.video.guarded import GuardedDecoder
from miles_deep.video.hardware import (
    ACCELERATORS,
    HardwareDevice,
    choose,
    decoder_for,
    digest,
    fresh_decoder,
)

CLIP = FilmSpec(audio=(), texture=True, duration=Fraction(6), gop=25)
LONG = Fraction(600)
SEMI_PLANAR = {"yuv420p": "nv12", "yuv420p10le": "p010le"}


class FakeDecoder:
    """A device's decoder: frames come out with their chroma in one plane."""

    is_open = True

    def __init__(self, stream):
        self.context = fresh_decoder(stream, None)

    @property
    def skip_frame(self):
        return self.context.skip_frame

    @skip_frame.setter
    def skip_frame(self, value):
        self.context.skip_frame = value

    def decode(self, packet=None):
        return [self.changed(picture) for picture in self.context.decode(packet)]

    def changed(self, picture):
        return picture.reformat(format=SEMI_PLANAR.get(picture.format.name, picture.format.name))

    def flush_buffers(self):
        self.context.flush_buffers()


class WrongDecoder(FakeDecoder):
    """One sample is wrong by one, and not at the film's beginning."""

    def changed(self, picture):
        if picture.key_frame and picture.time > 3:
            luma = np.frombuffer(picture.planes[0], np.uint8).copy()
            luma[5] ^= 1
            picture.planes[0].update(luma)
        return super().changed(picture)


class LossyDecoder(FakeDecoder):
    """What is still held back at the end does not come out."""

    def decode(self, packet=None):
        return super().decode(packet) if packet is not None else []


class SlowDecoder(FakeDecoder):
    def decode(self, packet=None):
        time.sleep(0.002)
        return super().decode(packet)


class QuickDecoder(FakeDecoder):
    """Knows by heart what it has decoded once."""

    def __init__(self, stream):
        super().__init__(stream)
        self.known, self.last = {}, None

    def decode(self, packet=None):
        key = (self.last, "end") if packet is None else packet.pts
        self.last = key
        if key not in self.known:
            self.known[key] = super().decode(packet)
        return self.known[key]


class BreakingDecoder(FakeDecoder):
    """Fails at one packet, and ever after."""

    def __init__(self, stream, good=10):
        super().__init__(stream)
        self.left = good

    def decode(self, packet=None):
        self.left -= 1
        if self.left < 0:
            raise av.error.ExternalError(1, "the device is gone")
        return super().decode(packet)


class Device:
    """A device that is there."""

    def __init__(self, decoder=FakeDecoder):
        self.decoder, self.opened = decoder, 0

    def ready(self, codec):
        return True

    def open(self, stream):
        self.opened += 1
        return self.decoder(stream)


class MissingDevice:
    def ready(self, codec):
        return False

    def open(self, stream):
        raise DeviceError("found no device here")


def decoded(path, make, skip="DEFAULT"):
    """(PTS, digest) of every frame of a film, by the decoder that `make` makes for its stream."""
    with open_film(path) as container:
        stream = main_picture(container, path)
        decoder = make(stream)
        decoder.skip_frame = skip
        frames = []
        for packet in packets(container, Damage(), stream):
            frames += [(picture.pts, digest(picture)) for picture in decoder.decode(packet)]
        return frames


def in_software(stream):
    return decoder_for(stream, None)


def test_a_decoder_made_for_a_device_knows_how_far_frames_are_reordered(film):
    path = film(CLIP)
    with open_film(path) as container:
        stream = main_picture(container, path)
        assert fresh_decoder(stream, None).reorder_depth == stream.codec_context.reorder_depth > 0


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec, id=str(spec))
        for spec in {spec.codec + spec.container: spec for spec in MATRIX}.values()
        if spec.codec != "av1"  # FFmpeg's own decoder for it works with a device only
    ],
)
def test_a_decoder_made_for_a_device_decodes_what_the_films_own_does(spec, film):
    path = film(spec)
    assert decoded(path, lambda stream: fresh_decoder(stream, None)) == decoded(path, in_software)


@pytest.mark.parametrize(
    ("planar", "semi"), [("yuv420p", "nv12"), ("yuv420p10le", "p010le"), ("yuv422p10le", "p210le")]
)
def test_a_digest_tells_samples_not_formats(planar, semi):
    noise = np.random.default_rng(1).integers(0, 256, (90, 122, 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(noise, "rgb24").reformat(format=planar)
    assert digest(picture) == digest(picture.reformat(format=semi))
    other = noise.copy()
    other[45:48, 60:64, 0] ^= 128
    assert digest(picture) != digest(av.VideoFrame.from_ndarray(other, "rgb24").reformat(format=planar))


@pytest.mark.parametrize(
    "spec",
    [
        CLIP,
        replace(CLIP, codec="hevc", container="mkv", pix_fmt="yuv420p10le", open_gop=True),
        replace(CLIP, container="ts", open_gop=True),
        replace(CLIP, codec="mpeg2video", container="ts"),
    ],
    ids=str,
)
def test_equal_frames_are_trusted(spec, film):
    device = Device()
    decoding = choose(probe(film(spec)), "fake", offered={"fake": device})
    assert decoding.accelerator is device


@pytest.mark.parametrize(
    ("decoder", "complaint"),
    [
        (WrongDecoder, "gives other frames than software"),
        (LossyDecoder, "gives other frames than software"),
        (BreakingDecoder, "fails (the device is gone)"),
    ],
)
def test_hardware_that_decodes_badly_is_refused(decoder, complaint, film):
    video, devices = replace(probe(film(CLIP)), duration=LONG), {"fake": Device(decoder)}
    with pytest.raises(DeviceError) as refused:
        choose(video, "fake", offered=devices)
    message = str(refused.value)
    assert complaint in message and str(video.path) in message and "--hwaccel none" in message
    assert "\n" not in message
    decoding = choose(video, "auto", margin=0, offered=devices)
    assert decoding.accelerator is None and complaint in decoding.reason


def test_hardware_that_is_not_there(film):
    video = replace(probe(film(CLIP)), duration=LONG)
    for device in (MissingDevice(), HardwareDevice("vhs")):
        with pytest.raises(DeviceError, match=r"cannot be decoded by fake: it .*; use --hwaccel none"):
            choose(video, "fake", offered={"fake": device})
        # Not even the film is opened to find that out.
        nowhere = replace(video, path=Path("nowhere.mp4"))
        assert choose(nowhere, "auto", offered={"fake": device}).accelerator is None


def test_names(film):
    video = probe(film(CLIP))
    assert choose(video, "none", offered={"fake": Device()}).accelerator is None
    assert CHOICES == ("auto", "none", "cuda", "vaapi", "videotoolbox")
    with pytest.raises(OptionError, match="--hwaccel voodoo: unknown; it is one of auto, none, cuda, vaapi"):
        choose(video, "voodoo")


def test_auto_takes_the_fastest(film):
    video, quick = replace(probe(film(CLIP)), duration=LONG), Device(QuickDecoder)
    offered = {
        "missing": MissingDevice(),
        "slow": Device(SlowDecoder),
        "quick": quick,
        "wrong": Device(WrongDecoder),
    }
    decoding = choose(video, offered=offered)
    assert decoding.accelerator is quick and decoding.speedup > 1.5
    assert "quick" in decoding.reason
    for order in (("slow", "quick"), ("quick", "slow")):
        assert choose(video, margin=0, offered={name: offered[name] for name in order}).accelerator is quick


def test_auto_leaves_slow_hardware_alone_and_races_it_once(film):
    video, slow = replace(probe(film(CLIP)), duration=LONG), Device(SlowDecoder)
    for _ in range(3):
        decoding = choose(video, offered={"slow": slow})
        assert decoding.accelerator is None and "slow is 0." in decoding.reason
    assert slow.opened == 1
    # Whoever asks for it gets it.
    assert choose(video, "slow", offered={"slow": slow}).accelerator is slow


def test_auto_tries_nothing_on_a_short_film(film):
    quick = Device(QuickDecoder)
    assert choose(probe(film(CLIP)), offered={"quick": quick}).accelerator is None
    assert quick.opened == 0


@pytest.mark.parametrize("skip", ["DEFAULT", "NONREF"])
@pytest.mark.parametrize(
    "spec",
    [
        CLIP,
        replace(CLIP, gop=1, bframes=0),
        replace(CLIP, gop=ONE_KEYFRAME),
        replace(CLIP, codec="hevc", container="mkv", open_gop=True),
        replace(CLIP, container="ts", open_gop=True, bframes=4),
    ],
    ids=str,
)
def test_software_takes_over_where_hardware_fails(spec, skip, film):
    path = film(spec)
    expected = decoded(path, in_software, skip)
    for good in (0, 1, 49, 50, 51, 149, 150):  # at both ends, and about a keyframe
        device = Device(lambda stream, good=good: BreakingDecoder(stream, good))
        assert decoded(path, lambda stream, device=device: decoder_for(stream, device), skip) == expected


def test_software_takes_over_after_a_flush(film):
    """As the engine reads: some groups only, each to its end."""
    path, given = film(CLIP), {}
    for name, good in (("software", None), ("breaking", 40)):
        with open_film(path) as container:
            stream = main_picture(container, path)
            decoder = decoder_for(stream, good and Device(lambda stream: BreakingDecoder(stream, 40)))
            given[name] = []
            for second in (0, 2, 4):
                container.seek(second * 1_000_000)
                for number, packet in enumerate(packets(container, Damage(), stream)):
                    if number == 25:
                        break
                    given[name] += decoder.decode(packet)
                given[name] += decoder.decode(None)
                decoder.flush_buffers()
    times, samples = ([read(p) for p in given["software"]] for read in (lambda p: p.pts, digest))
    assert len(times) == 75
    assert [picture.pts for picture in given["breaking"]] == times
    assert [digest(picture) for picture in given["breaking"]] == samples


def test_hardware_that_fails_where_too_much_was_sent(film):
    def guarded(stream):
        return GuardedDecoder(BreakingDecoder(stream, 20), lambda: in_software(stream), kept=1000)

    with pytest.raises(DeviceError, match=r"the device is gone.*--hwaccel none"):
        decoded(film(replace(CLIP, gop=ONE_KEYFRAME)), guarded)


def test_a_device_that_went_away_is_done_without(film):
    path = film(CLIP)
    assert decoded(path, lambda stream: decoder_for(stream, MissingDevice())) == decoded(path, in_software)


@pytest.mark.parametrize("name", ACCELERATORS)
def test_this_machines_hardware(name, film):
    """The frames of software, or an error that says what to do."""
    path = film(CLIP)
    try:
        accelerator = choose(probe(path), name).accelerator
    except DeviceError as error:
        assert "use --hwaccel none" in str(error)
    else:
        assert decoded(path, lambda stream: decoder_for(stream, accelerator)) == decoded(path, in_software)
