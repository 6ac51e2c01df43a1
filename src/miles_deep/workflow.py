"""The whole story: a film is watched, what was seen becomes segments, the segments become a film.

::

    scores = analyze("movie.mp4")                                 # every second, classified
    segments = find_segments(scores, ["nsfw"])                    # stretches that belong together
    edit("movie.mp4", [s.span for s in segments], "movie.cut.mp4")
"""

from collections.abc import Sequence
from pathlib import Path

from miles_deep.classify import Progress, Scores, score
from miles_deep.edit import EditResult, Mode, cut, cut_clips
from miles_deep.files import same_file
from miles_deep.model import Model, load_model
from miles_deep.model.catalog import DEFAULT
from miles_deep.timecode import Span
from miles_deep.video import Video, probe

Film = str | Path | Video
"""A path, or what `probe` made of one."""


def analyze(
    film: Film,
    model: str | Path | Model = DEFAULT,
    sampling: str = "exact",
    batch_size: int = 32,
    device: str = "auto",
    progress: Progress | None = None,
) -> Scores:
    """Watch a film: classify the frame shown at the midpoint of every second.

    Args:
        film: the file.
        model: a catalogue name, an `.onnx` file that carries its labels, or a loaded model.
        sampling: a name in `classify.sampling.SAMPLINGS`.
        batch_size: frames given to the network at a time.
        device: `auto`, or a name in `model.runtime.DEVICES`.
        progress: is told how many seconds of how many are done.

    Raises:
        VideoError: the film cannot be read.
        ModelError: the model cannot be read, or not run on the device.
        OptionError: an option is out of range.
    """
    if not isinstance(model, Model):
        model = load_model(model, device)
    elif device != "auto":
        model = model.on(device, model.precision)
    return score(_probed(film), model, sampling, batch_size, progress)


def edit(
    film: Film,
    spans: Sequence[Span],
    output: str | Path,
    mode: Mode = "encode",
    *,
    force: bool = False,
    replace: bool = False,
    temporary: str | Path | None = None,
    progress: Progress | None = None,
) -> EditResult:
    """Cut a film down to some spans, with all its tracks.

    Args:
        film: the source; it is not written to, unless `replace` is given.
        spans: what to keep, in seconds from the video's start.
        output: the new film; its suffix says which container. It appears only when complete.
        mode: `encode` cuts to the frame and encodes anew; `copy` takes packets as they are, from the keyframe
            at or before each start.
        force: replace the output where it is there already.
        replace: the output takes the source's place: the source is deleted once the output is complete.
        temporary: folder for the unfinished film; the output's own where None.
        progress: is told how many seconds of how many of the output are written.

    Raises:
        VideoError: the source cannot be read.
        OptionError: there is nothing to keep.
        OutputError: the output cannot be written; no partial file stays.
    """
    video, path = _probed(film), Path(output)
    temporary = Path(temporary) if temporary is not None else None
    result = cut(video, spans, path, mode, force=force, replace=replace, temporary=temporary, progress=progress)
    if replace and not same_file(result.path, video.path):
        video.path.unlink()
    return result


def edit_clips(
    film: Film,
    spans: Sequence[Span],
    folder: str | Path,
    mode: Mode = "encode",
    *,
    force: bool = False,
    temporary: str | Path | None = None,
    progress: Progress | None = None,
) -> list[EditResult]:
    """Cut every span of a film into a film of its own: `FOLDER/NAME.001.mp4` and so on.

    The folder appears only when all are complete; with `force`, files of the same names in a folder that is
    there already are replaced. Arguments and errors are those of `edit`.
    """
    temporary = Path(temporary) if temporary is not None else None
    return cut_clips(_probed(film), spans, Path(folder), mode, force=force, temporary=temporary, progress=progress)


def _probed(film: Film) -> Video:
    return film if isinstance(film, Video) else probe(film)
