"""Films that need not be probed twice."""

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from miles_deep.classify.known_film import Identity
from miles_deep.classify.store import Store
from miles_deep.errors import OutputError
from miles_deep.video import Video
from miles_deep.video.packets import PacketIndex


def probe_now(path: str | Path) -> Video:
    """What `probe` tells of a film. Raises as that does."""
    from miles_deep.video import probe  # here, since PyAV takes longer to import than a store to answer

    return probe(path)


def probed(path: str | Path, store: Store | None) -> Video:
    """What `probe` tells of a film, out of the store where that knows it.

    It is kept once somebody asked for the film's packets, which takes seconds with a long film, and holds as long
    as the file has the same fingerprint and suffix and was not written to, and PyAV is the same.

    Raises:
        VideoError: as `probe`.
    """
    identity = None if store is None else Identity.of(Path(path))
    if store is None or identity is None:
        return probe_now(path)
    if (known := store.film(Path(path), identity)) is not None:
        return known
    video = probe_now(path)

    def read_and_keep(path: Path, start: Fraction) -> PacketIndex:
        index = video.indexing(path, start)
        with suppress(OutputError):  # nothing is lost by that but time
            store.keep_film(video, index, identity)
        return index

    return replace(video, indexing=read_and_keep)
