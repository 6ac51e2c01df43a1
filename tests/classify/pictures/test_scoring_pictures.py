"""What is said of pictures and animations: which files, which frames, in which batches."""

import os
import struct
import sys
import threading
import warnings
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from picture_files import BLUE, GREEN, RED, Colours, animation, flat
from PIL import Image

from miles_deep import Model, ModelCard, load_model
from miles_deep.classify.pictures import classify_pictures
from miles_deep.errors import FormatError, OptionError
from miles_deep.model import Preprocess
from miles_deep.model.ensemble import together
from miles_deep.timecode import Span


def scored(*paths, model=None, **how):
    """All that comes, and the errors."""
    errors: list[FormatError] = []
    found = list(classify_pictures(paths, model or Colours(), refused=errors.append, **how))
    assert not {thread.name for thread in threading.enumerate() if thread.name.startswith("read-picture")}
    return found, [str(error) for error in errors]


def label(picture):
    return picture.labels[picture.mean.argmax()]


def test_files_and_folders_in_order(tmp_path):
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("z.png", "a.png", "b/y.png", "b/deep/x.png", ".hidden/n.png", ".n.png"):
        flat(RED).save(tmp_path / name)
    found, errors = scored(tmp_path / "z.png", tmp_path, batch_size=2)
    names = [picture.path.relative_to(tmp_path).as_posix() for picture in found]
    assert names == ["z.png", "a.png", "z.png", "b/y.png", "b/deep/x.png"] and not errors


def test_one_bad_file_stops_no_other(tmp_path):
    flat(RED).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture")
    flat(BLUE).save(tmp_path / "c.png")
    found, errors = scored(tmp_path, tmp_path / "nosuch", "a\0b")
    assert [label(picture) for picture in found] == ["red", "blue"]
    assert errors[0] == f"{tmp_path / 'b.png'}: not a picture of a kind that can be read"
    assert errors[1] == f"{tmp_path / 'nosuch'}: no such file or folder"
    assert len(errors) == 3 and "a\0b" in errors[2]


def test_the_first_bad_file_is_raised_where_nobody_is_told(tmp_path):
    (tmp_path / "b.png").write_text("no picture")
    with pytest.raises(FormatError):
        list(classify_pictures([tmp_path], Colours()))


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to(tmp_path / "nosuch")
    flat(RED).save(tmp_path / "a.png")
    others = []
    found, errors = scored(tmp_path, tmp_path / "pipe", left_out=others.append)
    assert [picture.path.name for picture in found] == ["a.png"]
    assert [path.name for path in others] == ["gone", "pipe"]
    assert errors == [f"{tmp_path / 'pipe'}: not a file"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_names_that_are_no_text(tmp_path):
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\n.png"))
    flat(RED).save(path)
    assert [picture.path for picture in scored(tmp_path)[0]] == [path]


def test_batches(tmp_path):
    for number in range(7):
        flat((RED, GREEN, BLUE)[number % 3]).save(tmp_path / f"{number}.png")
    model = Colours()
    found, _ = scored(tmp_path, model=model, batch_size=3)
    assert model.batches == [3, 3, 1]
    assert [label(picture) for picture in found] == ["red", "green", "blue"] * 2 + ["red"]


@pytest.mark.parametrize("size", [0, 257])
def test_batches_out_of_range(size):
    with pytest.raises(OptionError, match="batch size"):
        list(classify_pictures([], Colours(), size))


def test_as_the_model_itself_does(tmp_path):
    """Stretched or not, cropped or not: what `Model.classify` says of the same pixels."""
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (300, 500, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    model = load_model("open_nsfw", "onnxruntime")
    [picture], _ = scored(tmp_path / "a.png", model=model)
    assert np.array_equal(picture.values, model.classify(pixels[np.newaxis]))
    [cropped], _ = scored(
        tmp_path / "a.png", model=Colours(Preprocess(20, 20, "shortest_side", interpolation="bicubic"))
    )
    resized = Image.fromarray(pixels).resize((33, 20), Image.Resampling.BICUBIC)
    assert cropped.mean == pytest.approx(np.asarray(resized)[:, 6:26].mean(axis=(0, 1)) / 255, abs=1e-6)


def test_large_jpegs(tmp_path):
    """Decoded at a part of their size, and all but the same comes out."""
    random = np.random.default_rng(1)
    coarse = Image.fromarray(random.integers(0, 256, (9, 16, 3), np.uint8))
    coarse.resize((3200, 1800), Image.Resampling.BICUBIC).save(tmp_path / "a.jpg", quality=92)
    seen = []

    class Looking(Colours):
        def infer(self, batch):
            seen.append(batch[0].astype(int))
            return super().infer(batch)

    model = Looking(Preprocess(160, 90))
    scored(tmp_path / "a.jpg", model=model)
    whole = Image.open(tmp_path / "a.jpg").resize((160, 90), Image.Resampling.BILINEAR)
    assert np.abs(seen[0] - np.asarray(whole)).max() <= 3


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animations(tmp_path, suffix):
    """0.5 s red, 1 s green and 0.1 s blue, which is over before it would be looked at."""
    path = animation(tmp_path / f"a.{suffix}", [RED, GREEN, BLUE], [500, 1000, 100])
    model = Colours()
    [picture], _ = scored(path, model=model)
    assert picture.spans == (Span(0, Fraction(1, 2)), Span(Fraction(1, 2), Fraction(16, 10)))
    assert [picture.labels[row.argmax()] for row in picture.values] == ["red", "green"]
    assert picture.mean == pytest.approx((5 * picture.values[0] + 11 * picture.values[1]) / 16)
    assert model.batches == [2]


def test_animations_in_batches(tmp_path):
    """Many frames a second: four are looked at, and memory does not grow with their number."""
    colours = [(10 * number, 255 - 10 * number, 0) for number in range(24)]
    path = animation(tmp_path / "a.gif", colours, [50] * 24)
    model = Colours()
    [picture], _ = scored(path, model=model, batch_size=2)
    assert model.batches == [2, 2, 1]
    assert [span.start * 4 for span in picture.spans] == [0, 1, 2, 3, 4]
    # Shown at 0.125 s is frame 2, at 0.375 s frame 7, and so on.
    assert picture.values[:, 0] * 255 == pytest.approx([20, 70, 120, 170, 220], abs=6)


def test_an_animation_that_is_over_at_once(tmp_path):
    path = animation(tmp_path / "a.gif", [GREEN, RED], [30, 30])
    [picture], _ = scored(path)
    assert picture.spans == (Span(0, Fraction(6, 100)),) and label(picture) == "green"


def test_an_animation_that_ends_in_the_middle(tmp_path):
    random = np.random.default_rng(1)
    noise = [Image.fromarray(random.integers(0, 256, (40, 40, 3), np.uint8)) for _ in range(3)]
    noise[0].save(tmp_path / "a.gif", save_all=True, append_images=noise[1:], duration=500)
    content = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(content[: len(content) * 2 // 3])
    found, errors = scored(tmp_path)
    assert len(found) + len(errors) == 1


def test_warnings_are_not_for_the_user(tmp_path):
    """A TIFF whose tags are nonsense; and the caller's own filters are as they were."""
    flat(RED).save(tmp_path / "a.tif")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    (tmp_path / "a.tif").write_bytes(content + b"\0" * 10)
    before = list(warnings.filters)
    scored(tmp_path)
    assert warnings.filters == before


@pytest.mark.parametrize("turn", [False, True])
def test_long_and_thin(tmp_path, turn):
    """Only the middle of it is made as large as the rest would be."""
    column = np.array([[RED]] * 2999 + [[GREEN]] * 2 + [[BLUE]] * 2999, np.uint8)
    Image.fromarray(column.swapaxes(0, 1) if turn else column).save(tmp_path / "a.png")
    [picture], errors = scored(tmp_path, model=Colours(Preprocess(224, 224, "shortest_side", None, 256)))
    assert np.abs(picture.mean * 255 - GREEN).max() < 3 and not errors


def test_large_jpegs_are_decoded_at_a_half_or_less(tmp_path):
    """As phones take them, and larger than Pillow opens; progressive ones would take a gigabyte."""
    Image.new("L", (13_500, 13_500), 51).save(tmp_path / "a.jpg")
    flat(RED).save(tmp_path / "b.jpg", progressive=True)
    content = (tmp_path / "b.jpg").read_bytes()
    at = content.index(b"\xff\xc2") + 5
    (tmp_path / "b.jpg").write_bytes(content[:at] + struct.pack(">HH", 13_500, 13_500) + content[at + 4 :])
    for model in (Colours(), Colours(Preprocess(6, 8, resize_width=1700, resize_height=1700))):
        [picture], errors = scored(tmp_path, model=model)
        assert picture.mean == pytest.approx([0.2] * 3, abs=0.01)
        assert errors == [f"{tmp_path / 'b.jpg'}: more than 100 million pixels; make it smaller first"]


def test_one_path_alone(tmp_path):
    flat(RED).save(tmp_path / "a.png")
    for path in (tmp_path, str(tmp_path), tmp_path / "a.png", str(tmp_path / "a.png")):
        assert [label(picture) for picture in classify_pictures(path, Colours())] == ["red"]


def test_several_models(tmp_path):
    """Each sees the picture in its own size; the scores of one come after those of the other."""
    random = np.random.default_rng(1)
    Image.fromarray(random.integers(0, 256, (300, 500, 3), np.uint8)).save(tmp_path / "a.png")
    one = load_model("open_nsfw", "onnxruntime")
    spec = replace(one.card.preprocess, resize_width=256, resize_height=256)
    other = Model(ModelCard("other", ("safe", "not"), spec), one.network, "onnxruntime")
    [first], [second], [both] = (
        scored(tmp_path, model=model)[0] for model in (one, other, together([one, other]))
    )
    assert both.labels == ("sfw", "nsfw", "safe", "not")
    assert np.array_equal(both.values, np.concatenate([first.values, second.values], axis=1))
    assert not np.array_equal(first.values, second.values)
