"""Miles Deep watches a film so that its user need not.

::

    import miles_deep as md

    scores = md.analyze("movie.mp4")
    segments = md.find_segments(scores, ["nsfw"])
    md.edit("movie.mp4", [s.span for s in segments], "movie.cut.mp4")
"""

from importlib import import_module
from typing import TYPE_CHECKING

from miles_deep import errors
from miles_deep.classify import Scores, Store
from miles_deep.edit import EditResult, Effect, Take, Treatment
from miles_deep.errors import MilesDeepError
from miles_deep.export import ExportResult, export
from miles_deep.model import Model, ModelCard, Preprocess, load_model
from miles_deep.timecode import Span
from miles_deep.timeline import (
    Margin,
    Rule,
    Rules,
    Segment,
    Selection,
    Smoothing,
    classic,
    find_all,
    find_segments,
    select,
)
from miles_deep.video import Scaler, Video, frames_at, probe
from miles_deep.workflow import analyze, edit, edit_clips, join, mark, refine

if TYPE_CHECKING:
    from miles_deep.classify.pictures import PictureScores, classify_pictures
    from miles_deep.model.caffe import import_caffe
    from miles_deep.model.onnx_import import Imported, import_onnx
    from miles_deep.model.size import size_of
    from miles_deep.timeline.rules_file import read_rules, write_rules
    from miles_deep.timeline.tuning import Evaluation, Truth, Tuning, evaluate, read_truth, tune

__version__ = "0.1.0"

__all__ = [
    "EditResult",
    "Effect",
    "Evaluation",
    "ExportResult",
    "Imported",
    "Margin",
    "MilesDeepError",
    "Model",
    "ModelCard",
    "PictureScores",
    "Preprocess",
    "Rule",
    "Rules",
    "Scaler",
    "Scores",
    "Segment",
    "Selection",
    "Smoothing",
    "Span",
    "Store",
    "Take",
    "Treatment",
    "Truth",
    "Tuning",
    "Video",
    "analyze",
    "classic",
    "classify_pictures",
    "edit",
    "edit_clips",
    "errors",
    "evaluate",
    "export",
    "find_all",
    "find_segments",
    "frames_at",
    "import_caffe",
    "import_onnx",
    "join",
    "load_model",
    "mark",
    "probe",
    "read_rules",
    "read_truth",
    "refine",
    "select",
    "size_of",
    "tune",
    "write_rules",
]


LATER = {
    "import_caffe": "miles_deep.model.caffe",
    "size_of": "miles_deep.model.size",
    **dict.fromkeys(("Imported", "import_onnx"), "miles_deep.model.onnx_import"),
    **dict.fromkeys(("PictureScores", "classify_pictures"), "miles_deep.classify.pictures"),
    **dict.fromkeys(("read_rules", "write_rules"), "miles_deep.timeline.rules_file"),
    **dict.fromkeys(
        ("Evaluation", "Truth", "Tuning", "evaluate", "read_truth", "tune"), "miles_deep.timeline.tuning"
    ),
}
"""Name to the module that is imported at its first use (PEP 562), since few programs need it."""


def __getattr__(name: str) -> object:
    if name in LATER:
        return getattr(import_module(LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
