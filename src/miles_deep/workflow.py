"""The whole story: a film is watched, what was seen becomes segments, the segments become a film.

::

    scores = analyze("movie.mp4", store=Store())                  # every second, classified once and for all
    segments = find_segments(scores, ["nsfw"])                    # stretches that belong together
    segments = refine("movie.mp4", scores, segments, ["nsfw"])    # their edges, to the frame
    edit("movie.mp4", [s.span for s in segments], "movie.cut.mp4")
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from miles_deep.classify import Progress, Scores, Store, score
from miles_deep.classify.memory import FilmMemory
from miles_deep.classify.probed import probed
from miles_deep.classify.questions import Question
from miles_deep.classify.score import check
from miles_deep.edit import Effect, Mode
from miles_deep.errors import OptionError
from miles_deep.files import same_file
from miles_deep.machine import return_memory
from miles_deep.model import Model, load_model
from miles_deep.model.catalog import DEFAULT
from miles_deep.model.ensemble import Classifier, Ensemble, heads_of, together
from miles_deep.timecode import Span
from miles_deep.timeline import Rule, Rules, Segment
from miles_deep.timeline.asking import questions_of
from miles_deep.timeline.chapters import Chapter
from miles_deep.timeline.refine import refine_edges
from miles_deep.timeline.rules_table import as_rules
from miles_deep.video import Video
from miles_deep.video.fingerprint import fingerprint

if TYPE_CHECKING:
    from miles_deep.edit import EditResult, Take

Film = str | Path | Video
"""A path, or what `probe` made of one."""

OneModel = str | Path | Model
"""A catalogue name, an `.onnx` file that carries its labels, or a loaded model."""


def analyze(
    film: Film,
    model: OneModel | Ensemble | Sequence[OneModel] = DEFAULT,
    sampling: str = "exact",
    effort: float | None = None,
    batch_size: int = 32,
    device: str = "auto",
    hwaccel: str = "auto",
    store: Store | None = None,
    progress: Progress | None = None,
    targets: Sequence[str] | Sequence[Sequence[str]] = (),
    rule: Rule | Rules | None = None,
) -> Scores:
    """Watch a film: score every second of it, by the frame shown at its midpoint.

    Args:
        film: the file.
        model: a catalogue name, an `.onnx` file that carries its labels, or a loaded model; or several of these,
            which look at the same frames (see `Ensemble`).
        sampling: `exact` looks at every second, `adaptive` only where the label is not certain without; or, where
            `targets` are given, only where it is not certain whether a second is one of theirs.
        effort: 0.5…1, how certain that has to be; `classify.sampling.EFFORT` where None.
        batch_size: frames given to the network at a time.
        device: `auto`, or a name in `model.runtime.DEVICES`.
        hwaccel: what to decode in: `none` for software, a name in `video.hardware.ACCELERATORS`, or `auto` for
            one of them where it was seen to give equal frames faster.
        store: where scores are kept. What it has of this film and model is not looked at again, and what is new is
            added, from time to time too, so that a killed process loses little. `Store()` is the command line's;
            None keeps nothing.
        progress: is told how many seconds of how many are done.
        targets: what will be asked of adaptive scores, as `find_segments` takes it; or several such lists. Of
            other labels the scores are less certain (see `Scores.asked`), so they are not kept; for others the
            film is looked at again, where these are not certain.
        rule: by which segments of the targets will be found; that of the model's card where None.

    Raises:
        LabelError, ExpressionError: targets are none of the model's.
        VideoError: the film cannot be read.
        ModelError: the model cannot be read, or not run on the device.
        DeviceError: hardware asked for by name is not there, or does not give the frames that software does.
        OptionError: an option is out of range.
    """
    model = _classifier(model, device)
    video, least = _probed(film, store), check(sampling, effort, batch_size, hwaccel)
    lists = _lists(targets)
    questions = _questions(lists, model, rule)
    print_of_film = fingerprint(video.path)
    memory = FilmMemory(store, print_of_film, model, video.path) if store is not None else None
    if memory and (kept := memory.scores(sampling, least)):
        return kept
    scores = score(
        video,
        model,
        sampling,
        effort,
        batch_size,
        hwaccel,
        questions=questions,
        known=memory.looks() if memory else None,
        checkpoint=memory.keep_looks if memory else None,
        progress=progress,
    )
    return_memory()
    asked = () if scores.looked.all() else tuple(dict.fromkeys(target for one in lists for target in one))
    scores = replace(scores, video=print_of_film, asked=asked)
    return memory.keep(scores) if memory else scores


def refine(
    film: Film,
    scores: Scores,
    segments: Sequence[Segment],
    targets: Sequence[str],
    model: OneModel | Ensemble | Sequence[OneModel] = DEFAULT,
    rule: Rule | Rules | None = None,
    store: Store | None = None,
) -> list[Segment]:
    """Move the edges of segments from whole seconds to the frame at which the label changes.

    Some tens of frames are looked at for each edge, between the last second outside and the first inside. Where a
    shot change lies within half a second of what is found, the edge moves onto it. A film that does not tell when
    its frames are shown keeps its edges. Labels, scores and coverage stay those of the whole seconds, and
    a segment may become up to a second shorter than the rule's min length.

    Args:
        film: the file.
        scores: what `analyze` gave for it.
        segments: what `find_segments` found in them.
        targets: the labels or groups these were found by.
        model: the one that the scores are of, or those.
        rule: the rule they were found by.
        store: remembers what was looked at; see `analyze`.

    Raises:
        OptionError: the scores are of another model or film.
        VideoError, ModelError: as `analyze`.
    """
    model = _classifier(model)
    video = _probed(film, store)
    if scores.model != model.digest:
        raise OptionError("edges can only be refined with the model that gave the scores; this is another one")
    print_of_film = fingerprint(video.path)
    if scores.video not in ("", print_of_film):
        raise OptionError(f"{video.path}: is not the film that the scores are of")
    if not segments or not video.ordered:
        return list(segments)
    memory = FilmMemory(store, print_of_film, model, video.path) if store is not None else None
    return refine_edges(video, model, scores, segments, targets, as_rules(rule, scores.rules), memory)


def edit(
    film: Film,
    spans: Sequence[Span],
    output: str | Path,
    mode: Mode = "smart",
    *,
    effects: Sequence[Effect] = (),
    verify: bool = True,
    force: bool = False,
    replace: bool = False,
    temporary: str | Path | None = None,
    progress: Progress | None = None,
) -> "EditResult":
    """Cut a film down to some spans, with all its tracks.

    Args:
        film: the source; it is not written to, unless `replace` is given.
        spans: what to keep, in seconds from the video's start.
        output: the new film; its suffix says which container. It appears only when complete.
        mode: `smart` cuts to the frame, copies what it can, and encodes only the frames between a span's edge and
            the next whole group of pictures; `copy` takes packets as they are, from the keyframe at or before each
            start; `encode` cuts to the frame and encodes everything anew.
        effects: stretches to blur, mute, or play at another speed.
        verify: decode what `smart` wrote around every join and compare it with the source; where it is not the
            same, more is encoded, and the result says so.
        force: replace the output where it is there already.
        replace: the output takes the source's place: the source is deleted once the output is complete.
        temporary: folder for the unfinished film; the output's own where None.
        progress: is told how many seconds of how many of the output are written.

    Raises:
        VideoError: the source cannot be read.
        OptionError: there is nothing to keep.
        OutputError: the output cannot be written; no partial file stays.
    """
    # Here and below, since most programs that watch films cut none.
    from miles_deep.edit import Take, cut
    from miles_deep.edit.verify import faults

    take = Take(_probed(film), spans, effects)
    result = cut(
        [take],
        Path(output),
        mode,
        look=faults if verify else None,
        force=force,
        replace=replace,
        temporary=_folder(temporary),
        progress=progress,
    )
    return _in_its_place(result, take.video) if replace else result


def join(
    takes: "Sequence[Take]",
    output: str | Path,
    mode: Mode = "smart",
    *,
    verify: bool = True,
    force: bool = False,
    temporary: str | Path | None = None,
    progress: Progress | None = None,
) -> "EditResult":
    """Cut several films down to some spans of each, and make one film of them, in this order.

    Args:
        takes: what to keep of each film. Their pictures have to be of one codec, size and pixel format, and their
            sound tracks as many and of one kind each. Films that were encoded with other settings than the first
            are encoded anew.
        output, mode, verify, force, temporary, progress: as of `edit`.

    Raises:
        OptionError: there is nothing to keep, or the films do not go together.
        VideoError, OutputError: as `edit`.
    """
    from miles_deep.edit import cut
    from miles_deep.edit.verify import faults

    look = faults if verify else None
    return cut(takes, Path(output), mode, look=look, force=force, temporary=_folder(temporary), progress=progress)


def mark(
    film: Film,
    segments: Sequence[Segment],
    output: str | Path,
    *,
    force: bool = False,
    replace: bool = False,
    temporary: str | Path | None = None,
    progress: Progress | None = None,
) -> "EditResult":
    """Copy a film as it is, packet by packet, with segments as its chapters.

    Arguments and errors are those of `edit`.
    """
    from miles_deep.edit.mark import mark_film

    video, path = _probed(film), Path(output)
    chapters = [Chapter(segment.span, segment.label) for segment in segments]
    result = mark_film(
        video, chapters, path, force=force, replace=replace, temporary=_folder(temporary), progress=progress
    )
    return _in_its_place(result, video) if replace else result


def edit_clips(
    film: Film,
    spans: Sequence[Span],
    folder: str | Path,
    mode: Mode = "smart",
    *,
    effects: Sequence[Effect] = (),
    verify: bool = True,
    force: bool = False,
    temporary: str | Path | None = None,
    progress: Progress | None = None,
) -> "list[EditResult]":
    """Cut every span of a film into a film of its own: `FOLDER/NAME.001.mp4` and so on.

    The folder appears only when all are complete; with `force`, files of the same names in a folder that is
    there already are replaced. Arguments and errors are those of `edit`.
    """
    from miles_deep.edit import Take, cut_clips
    from miles_deep.edit.verify import faults

    return cut_clips(
        Take(_probed(film), spans, effects),
        Path(folder),
        mode,
        look=faults if verify else None,
        force=force,
        temporary=_folder(temporary),
        progress=progress,
    )


def _classifier(given: OneModel | Ensemble | Sequence[OneModel], device: str = "auto") -> Classifier:
    if isinstance(given, Ensemble):
        return given if device == "auto" else given.on(device)
    models = [given] if isinstance(given, str | Path | Model) else given
    if not models:
        raise OptionError("no model was given")
    return together([_on(model, device) for model in models])


def _lists(targets: Sequence[str] | Sequence[Sequence[str]]) -> list[list[str]]:
    """Targets as lists of those that are asked for together."""
    together = [target for target in targets if isinstance(target, str)]
    return [together] if together else [list(one) for one in targets]


def _questions(
    lists: Sequence[Sequence[str]], model: Classifier, rule: Rule | Rules | None
) -> tuple[Question, ...]:
    """What has to be certain of a second; of the labels, by the model's own rules, where no targets are given."""
    rules = as_rules(rule if lists else None, model.rules)
    asked = (questions_of(one, model.labels, model.groups, heads_of(model), rules) for one in lists or [()])
    return tuple(question for some in asked for question in some)


def _on(model: OneModel, device: str) -> Model:
    if not isinstance(model, Model):
        return load_model(model, device)
    return model if device == "auto" else model.on(device, model.precision)


def _in_its_place(result: "EditResult", video: Video) -> "EditResult":
    """Delete the source, where the new film did not take its very name."""
    if not same_file(result.path, video.path):
        video.path.unlink()
    return result


def _folder(temporary: str | Path | None) -> Path | None:
    return Path(temporary) if temporary is not None else None


def _probed(film: Film, store: Store | None = None) -> Video:
    return film if isinstance(film, Video) else probed(film, store)
