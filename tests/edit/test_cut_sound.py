"""Sound that loses nothing, sound of every codec there is an encoder for, and tracks with odd shapes."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from cutting import sound_of
from sounding import RATE, Samples, with_sound

import miles_deep as md
from media import AudioTrack, FilmSpec, decode_audio, sound_time
from miles_deep.edit import MODES, Mode
from miles_deep.edit.codecs import AUDIO_ENCODERS, BIT_RATES, EXPERIMENTAL, audio_bit_rate, audio_encoder
from miles_deep.timecode import Span

PICTURE = FilmSpec("mkv", "mpeg4", (), duration=Fraction(4), bframes=0)
SPANS = [Span(Fraction(52, 100), Fraction(148, 100)), Span(Fraction(2), Fraction(312, 100))]
"""On frames, and on samples."""

LOSSLESS = {
    "mkv flac, 16 bit": (".mkv", "flac", "s16"),
    "mkv flac, 24 bit": (".mkv", "flac", "s32"),
    "mp4 flac": (".mp4", "flac", "s16"),
    "mp4 alac": (".mp4", "alac", "s16p"),
    "mkv pcm": (".mkv", "pcm_s16le", "s16"),
    "avi pcm": (".avi", "pcm_s16le", "s16"),
    "avi pcm, 8 bit": (".avi", "pcm_u8", "u8"),
    "mov pcm": (".mov", "pcm_s16le", "s16"),
    "mov pcm, 16 bit, big end first": (".mov", "pcm_s16be", "s16"),
    "mov pcm, 24 bit": (".mov", "pcm_s24le", "s32"),
    "mkv pcm, float": (".mkv", "pcm_f32le", "flt"),
    "mkv tta": (".mkv", "tta", "s16"),
    "mkv wavpack": (".mkv", "wavpack", "s16p"),
}


def noise(sample_format: str, seconds: int, channels: int) -> Samples:
    """Sound of which no stretch is like another: [samples, channels]. 24 bits are the upper ones of 32."""
    dice, shape = np.random.default_rng(5), (seconds * RATE, channels)
    match sample_format.rstrip("p"):
        case "s16":
            return dice.integers(-(2**15), 2**15, shape, np.int16)
        case "s32":
            return (dice.integers(-(2**23), 2**23, shape, np.int32) << 8).astype(np.int32)
        case "u8":
            return dice.integers(0, 256, shape, np.uint8)
    return (dice.random(shape, np.float32) - 0.5).astype(np.float32)


def decoded(path: Path) -> Samples:
    """Every sample of the first sound track: [samples, channels]."""
    with av.open(str(path)) as film:
        parts = []
        for frame in film.decode(audio=0):
            samples = frame.to_ndarray()
            parts.append(samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels))
        return np.concatenate(parts)


def loudness(samples: Samples) -> float:
    """Of the loudest sample; the middle of unsigned ones is silence."""
    middle = 128.0 if samples.dtype == np.uint8 else 0.0
    return float(np.abs(samples.astype(np.float64) - middle).max())


@pytest.mark.parametrize(("suffix", "codec", "sample_format"), LOSSLESS.values(), ids=LOSSLESS)
@pytest.mark.parametrize("mode", MODES)
def test_lossless_sound_is_exact_to_the_sample(
    mode: Mode, suffix: str, codec: str, sample_format: str, film: Callable[[FilmSpec], Path], tmp_path: Path
) -> None:
    samples = noise(sample_format, 4, 2)
    source = with_sound(film(PICTURE), tmp_path / f"in{suffix}", codec, sample_format, samples, "stereo")
    assert np.array_equal(decoded(source)[: len(samples)], samples)
    result = md.edit(source, SPANS, tmp_path / f"out{suffix}", mode)
    with av.open(str(result.path)) as film_out:
        assert film_out.streams.audio[0].codec_context.codec.canonical_name == codec
    heard, output = decoded(result.path), 0
    assert not result.notes or "so it is encoded" in result.notes[0]
    exact = mode != "copy" or result.notes  # else joined where packets end, up to 20 ms away
    slack = 0 if exact else RATE // 50
    fade = RATE // 200 if exact else 0
    assert abs(len(heard) - result.duration * RATE) <= slack
    for span in result.spans:
        first, count = span.start * RATE, span.length * RATE
        assert first.denominator == count.denominator == 1
        edge = slack + fade
        inner = heard[output + edge : output + int(count) - edge]
        shifts = range(-slack, slack + 1)
        assert any(np.array_equal(inner, samples[int(first) + edge + shift :][: len(inner)]) for shift in shifts)
        output += int(count)
    if exact:  # no fade where the film begins and ends, silence where it is joined
        begin, end = int(result.spans[0].start * RATE), int(result.spans[-1].end * RATE)
        assert np.array_equal(heard[:fade], samples[begin:][:fade])
        assert np.array_equal(heard[-fade:], samples[:end][-fade:])
        for span in result.spans[:-1]:
            join = int(span.length * RATE)
            assert loudness(heard[join - 10 : join + 10]) < loudness(samples) / 20


@pytest.mark.parametrize("layout", ["mono", "stereo", "2.1", "quad", "5.1", "7.1"])
def test_channels_stay_where_they_are(layout: str, film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    channels = av.AudioLayout(layout).nb_channels
    samples = noise("s16", 4, channels)
    source = with_sound(film(PICTURE), tmp_path / "in.mkv", "flac", "s16", samples, layout)
    result = md.edit(source, SPANS[:1], tmp_path / "out.mkv")
    first = int(SPANS[0].start * RATE)
    heard = decoded(result.path)
    assert np.array_equal(heard, samples[first : first + len(heard)])
    with av.open(str(result.path)) as output, av.open(str(source)) as before:
        assert output.streams.audio[0].layout.name == before.streams.audio[0].layout.name


def test_a_channel_layout_without_a_name(film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    """WMA tells a number of channels only, which AAC does not take for a layout."""
    spec = FilmSpec("wmv", "wmv2", (AudioTrack("wmav2"),), duration=Fraction(4), bframes=0)
    result = md.edit(film(spec), SPANS, tmp_path / "out.mp4")
    assert [note for note in result.notes if "wmav2" in note and "encoded" in note] == list(result.notes)
    sound = sound_of(result.path, 0)
    for at, truth in ((0, 0.52), (0.76, 1.28), (0.96, 2.0), (1.8, 2.84)):
        heard = sound.window(Fraction(at), Fraction(1, 5))
        assert sound_time(heard, sound.rate) == pytest.approx(truth, abs=0.02)


@pytest.mark.parametrize("codec", ["aac", "mp3", "ac3", "eac3", "opus", "vorbis", "mp2", "flac", "pcm_s16le"])
@pytest.mark.parametrize("rate", [22050, 44100, 48000])
@pytest.mark.parametrize("mode", MODES)
def test_every_codec_is_in_step(
    mode: Mode, rate: int, codec: str, film: Callable[[FilmSpec], Path], tmp_path: Path
) -> None:
    """At every sample rate that the codec has, after every join of many."""
    if codec in ("ac3", "eac3", "mp2"):  # mp2 at 192 kbit/s, as the kit makes it
        rate = 32000 if rate == 22050 else rate
    if codec == "opus":
        rate = {22050: 24000, 44100: 16000}.get(rate, rate)
    track = AudioTrack(codec, rate=rate)
    spec = FilmSpec("mkv", "mpeg4", (track,), duration=Fraction(6), rate=Fraction(5), width=96, height=72, gop=3)
    spans = [Span(Fraction(at, 100), Fraction(at + 50, 100)) for at in range(11, 561, 110)]
    result = md.edit(film(spec), spans, tmp_path / "out.mkv", mode)
    with av.open(str(result.path)) as output:
        made = output.streams.audio[0].codec_context.codec.canonical_name
        assert made == ("opus" if codec == "vorbis" and (mode == "encode" or result.notes) else codec)
    sound, place = sound_of(result.path, 0), Fraction(0)
    for span in result.spans:
        for at in (Fraction(0), span.length - Fraction(1, 5)):
            truth = float(span.start + at)
            heard = sound.window(place + at, Fraction(1, 5))
            assert sound_time(heard, sound.rate, near=truth) == pytest.approx(truth, abs=0.02), (span, at)
        place += span.length


def test_silence_stands_where_a_track_has_no_sound(film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    """A track that begins a second late, cut before it begins and after: what follows stays in step."""
    spec = FilmSpec(audio=(AudioTrack(), AudioTrack(seed=1, start=Fraction(2))), duration=Fraction(5))
    spans = [Span(Fraction(51, 100), Fraction(149, 100)), Span(Fraction(171, 100), Fraction(349, 100))]
    for mode in MODES:
        result = md.edit(film(spec), spans, tmp_path / f"{mode}.mp4", mode)
        for index, begins in ((0, 0), (1, 2)):
            sound, place = sound_of(result.path, index), Fraction(0)
            for span in result.spans:
                for second in range(0, 5 * 4):
                    truth = Fraction(second, 4)
                    if not span.start <= truth <= span.end - Fraction(1, 4) or abs(truth - begins) < 0.2:
                        continue
                    heard = sound.window(place + truth - span.start, Fraction(1, 5))
                    if truth < begins:
                        assert np.abs(heard).max() < 0.01
                    else:
                        assert sound_time(heard, sound.rate) == pytest.approx(float(truth), abs=0.02)
                place += span.length


def test_every_stand_in_is_an_encoder_of_this_build() -> None:
    for codec in [*AUDIO_ENCODERS, *BIT_RATES, "aac", "flac", "pcm_s16le", "alac", "eac3"]:
        for container in ("matroska", "asf", "mp4"):
            name = audio_encoder(codec, container)
            assert name is not None
            assert av.Codec(name, "w").is_encoder
            assert av.Codec(name, "w").type == "audio"
            assert av.Codec(name, "w").canonical_name not in EXPERIMENTAL - {"opus"}
    for codec in ("dts", "sonic", "adpcm_afc", "nonsense"):
        assert audio_encoder(codec, "matroska") is None


@pytest.mark.parametrize(("codec", "table"), BIT_RATES.items())
def test_bit_rates_are_ones_the_codec_has(codec: str, table: tuple[float, ...]) -> None:
    allowed = {int(kilobits * 1000) for kilobits in table}
    for source in (None, 8_000, 96_000, 128_000, 192_001, 320_000, 640_000, 10_000_000):
        for channels in (1, 2, 6):
            for rate in (16_000, 44_100, 48_000):
                bits = audio_bit_rate(codec, source, channels, rate)
                assert bits in allowed
                most = max(
                    bits for bits in allowed if bits <= 160_000 or codec not in ("mp2", "mp3") or rate > 16_000
                )
                assert bits >= min(source or 0, most)
    assert audio_bit_rate("aac", 200_000, 2, 48_000) == 250_000
    assert audio_bit_rate("aac", None, 6, 48_000) == 576_000


def test_sound_longer_and_shorter_than_the_picture(film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    """The output's sound is as long as its picture, to within a packet."""
    source = film(PICTURE)
    for seconds in (3, 6):
        path = with_sound(source, tmp_path / f"{seconds}.mkv", "flac", "s16", noise("s16", seconds, 1), "mono")
        result = md.edit(path, [Span(2, 100)], tmp_path / f"{seconds}.cut.mkv")
        samples, rate, start = decode_audio(result.path)
        assert start == 0
        assert Fraction(len(samples), rate) == result.duration == 2
        assert np.abs(samples[: rate // 2]).max() > 0.4
        assert (np.abs(samples[rate:]).max() > 0.4) == (seconds == 6)
