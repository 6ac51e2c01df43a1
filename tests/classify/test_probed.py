"""Films that the store knows: what it tells of them is what probing tells, as long as the file is the same."""

import os
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from media import FilmSpec
from media.spec import AudioTrack, SubtitleTrack
from miles_deep.classify.known_film import Identity, film_from_table, film_table
from miles_deep.classify.probed import probed
from miles_deep.classify.store import Store
from miles_deep.errors import FormatError, VideoError
from miles_deep.video import probe
from miles_deep.video.packets import PacketIndex

Films = Callable[[FilmSpec], Path]

SHORT = FilmSpec(duration=Fraction(2), gop=12, audio=())
FILMS = [
    SHORT,
    replace(SHORT, container="mkv", vfr=True, start=Fraction(3, 2), subtitles=(SubtitleTrack(),)),
    replace(SHORT, container="mov", rotation=90, open_gop=True, audio=(AudioTrack(),)),
    replace(SHORT, container="avi", codec="mpeg4"),
]


def same_index(one: PacketIndex, other: PacketIndex) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        and np.asarray(getattr(one, field.name)).dtype == np.asarray(getattr(other, field.name)).dtype
        for field in fields(PacketIndex)
    )


def lying(film: Path, folder: Path) -> Path:
    """A copy that lies there for some time."""
    path = Path(shutil.copy(film, folder / f"film{film.suffix}"))
    os.utime(path, (10**9, 10**9))
    return path


@pytest.fixture
def path(film: Films, tmp_path: Path) -> Path:
    return lying(film(SHORT), tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "scores")


def identity_of(path: Path) -> Identity:
    identity = Identity.of(path)
    assert identity is not None
    return identity


def known(path: Path, store: Store) -> bool:
    """Whether the store tells of the film."""
    return store.film(path, identity_of(path)) is not None


@pytest.mark.parametrize("spec", FILMS, ids=str)
def test_what_is_kept_is_what_probing_tells(spec: FilmSpec, film: Films, store: Store, tmp_path: Path) -> None:
    path = lying(film(spec), tmp_path)
    fresh = probe(path)
    first = probed(path, store)
    assert first == fresh and not known(path, store), "its packets were not asked for"
    assert same_index(first.index, fresh.index)
    kept = store.film(path, identity_of(path))
    assert kept is not None and kept == fresh and kept.path == path
    assert same_index(kept.index, fresh.index)


def test_without_a_store_nothing_is_kept(path: Path, store: Store) -> None:
    assert probed(path, None).index and not store.folder.exists()


def test_another_name_of_the_same_film(path: Path, store: Store) -> None:
    (link := path.with_name("other.mp4")).symlink_to(path)
    _ = probed(path, store).index
    kept = store.film(link, identity_of(link))
    assert kept is not None and kept.path == link


def test_one_that_was_just_written_is_not_trusted_to_stay(path: Path, store: Store) -> None:
    os.utime(path)
    assert same_index(probed(path, store).index, probe(path).index) and not store.folder.exists()


def test_one_that_was_changed_with_its_times_kept_is_read_again(path: Path, store: Store) -> None:
    """In the middle, of which the fingerprint does not tell, as by `cp -p`."""
    _ = probed(path, store).index
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, (10**9, 10**9))
    assert not known(path, store)


def test_a_film_that_was_written_to_is_read_again(path: Path, store: Store) -> None:
    _ = probed(path, store).index
    assert known(path, store)
    os.utime(path, (0, 0))
    assert not known(path, store)
    _ = probed(path, store).index
    assert known(path, store)


def test_another_suffix_is_another_film(path: Path, store: Store) -> None:
    _ = probed(path, store).index
    assert not known(path.rename(path.with_suffix(".ts")), store)


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_damage_makes_it_no_lie(path: Path, store: Store, place: float) -> None:
    _ = probed(path, store).index
    [kept] = store.folder.glob("*/film.packets.parquet")
    data = bytearray(kept.read_bytes())
    data[int(len(data) * place)] ^= 0xFF
    kept.write_bytes(data)
    assert same_index(probed(path, store).index, probe(path).index) and known(path, store)


def test_what_is_damaged_is_set_aside(path: Path, store: Store) -> None:
    _ = probed(path, store).index
    [kept] = store.folder.glob("*/film.packets.parquet")
    kept.write_bytes(kept.read_bytes()[:-100])
    assert same_index(probed(path, store).index, probe(path).index)
    assert kept.with_name(kept.name + ".damaged").exists() and known(path, store)


def test_where_nothing_can_be_kept_the_film_is_read_all_the_same(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(probed(path, Store(tmp_path / "file")).index.pts) == 50


def test_what_is_no_film_is_told_as_ever(tmp_path: Path, store: Store) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    for path in (tmp_path, tmp_path / "missing.mp4", tmp_path / "text.mp4"):
        with pytest.raises(VideoError) as told:
            probe(path)
        with pytest.raises(VideoError) as told_too:
            probed(path, store)
        assert str(told_too.value) == str(told.value)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("packets", "tick"), "1e999999999"),
        (("packets", "tick"), "1/0"),
        (("packets", "timeless"), "many"),
        (("packets",), None),
        (("facts",), {}),
        (("facts", "start"), 1.5),
        (("facts", "colour"), {"red": 1}),
        (("facts", "streams"), [{}]),
        (("facts", "streams"), 7),
        (("facts", "display_matrix"), 7),
    ],
)
def test_a_hostile_table_is_one_line(path: Path, place: tuple[str, ...], value: object) -> None:
    video, identity = probe(path), identity_of(path)
    table = film_table(video, video.index, identity)
    at = table.meta
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = value
    with pytest.raises(FormatError, match=r"^kept\.parquet: not what is known of a film \(.*\)$"):
        film_from_table(table, path, identity, Path("kept.parquet"))


def test_an_older_version_is_not_taken_for_this_one(path: Path) -> None:
    video, identity = probe(path), identity_of(path)
    table = film_table(video, video.index, identity)
    table.meta["format"] = 0
    assert film_from_table(table, path, identity, path) is None


def test_the_store_lists_and_clears_it(path: Path, store: Store) -> None:
    _ = probed(path, store).index
    [entry] = store.entries()
    assert (entry.kind, entry.rows, entry.name, entry.film) == ("packets", 50, "the film's packets", str(path))
    assert store.clear() == entry.bytes and not list(store.folder.iterdir())
