"""One film for every span."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from miles_deep.edit.cutter import EditResult, Looking, cut
from miles_deep.edit.pieces import Mode
from miles_deep.edit.take import Take
from miles_deep.edit.target import output_suffix
from miles_deep.edit.texts import Texts
from miles_deep.edit.verify import faults
from miles_deep.edit.writing import Progress
from miles_deep.errors import OptionError, OutputError
from miles_deep.files import partial_folder


def cut_clips(
    take: Take,
    folder: Path,
    mode: Mode = "smart",
    *,
    look: Looking | None = faults,
    force: bool = False,
    temporary: Path | None = None,
    progress: Progress | None = None,
) -> list[EditResult]:
    """Write every span as a film of its own, `FOLDER/NAME.001.mp4` and so on; all of them or none.

    Raises:
        OptionError, OutputError, VideoError: as `cut` does.
    """
    video, spans = take.video, take.spans
    if not spans:
        raise OptionError("nothing to keep: no spans were given")
    total = sum((span.length for span in spans), Fraction(0))
    clips: list[EditResult] = []
    texts = Texts()
    with partial_folder(folder, temporary, force) as partial:
        done = Fraction(0)
        for number, span in enumerate(spans, start=1):
            name = f"{video.path.stem}.{number:03}{output_suffix(video)}"
            report = _within(progress, done, span.length, total)
            try:
                one = replace(take, spans=[span])
                clips.append(cut([one], partial / name, mode, look=look, progress=report, texts=texts))
            except OutputError as error:  # in the words of the user, who knows of no other folder
                raise OutputError(str(error).replace(str(partial), str(folder))) from error
            done += span.length
    return [replace(clip, path=folder / clip.path.name) for clip in clips]


def _within(progress: Progress | None, done: Fraction, length: Fraction, total: Fraction) -> Progress | None:
    """Progress of one clip as progress of them all; a copied clip may be longer than it was asked to be."""
    if progress is None:
        return None
    return lambda seconds, _: progress(done + min(seconds, length), total)
