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
from miles_deep.errors import MilesDeepError
from miles_deep.later import later

# Rooms that are called like functions: imported now, they do not take those names later.
for _room in ("edit", "export"):
    import_module(f"miles_deep.{_room}")
    del globals()[_room]

if TYPE_CHECKING:
    from miles_deep.classify.pictures import PictureScores, classify_pictures
    from miles_deep.classify.scores import Scores
    from miles_deep.classify.store import Store
    from miles_deep.edit.cutter import EditResult
    from miles_deep.edit.take import Take
    from miles_deep.edit.treatment import Effect, Treatment
    from miles_deep.export.write import ExportResult, export
    from miles_deep.model import Model, ModelCard, Preprocess, load_model
    from miles_deep.model.caffe import import_caffe
    from miles_deep.model.onnx_import import Imported, import_onnx
    from miles_deep.model.size import size_of
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
    from miles_deep.timeline.rules_file import read_rules, write_rules
    from miles_deep.timeline.tuning import Evaluation, Truth, Tuning, evaluate, read_truth, tune
    from miles_deep.video import Scaler, Video, frames_at, probe
    from miles_deep.workflow import analyze, edit, edit_clips, join, mark, refine
else:
    __getattr__ = later(
        __name__,
        {
            "classify.pictures": ("PictureScores", "classify_pictures"),
            "classify.scores": ("Scores",),
            "classify.store": ("Store",),
            "edit": ("EditResult", "Effect", "Take", "Treatment"),
            "export": ("ExportResult", "export"),
            "model": ("Model", "ModelCard", "Preprocess", "load_model"),
            "model.caffe": ("import_caffe",),
            "model.onnx_import": ("Imported", "import_onnx"),
            "model.size": ("size_of",),
            "timecode": ("Span",),
            "timeline": (
                *("Margin", "Rule", "Rules", "Segment", "Selection", "Smoothing", "classic"),
                *("find_all", "find_segments", "select"),
            ),
            "timeline.rules_file": ("read_rules", "write_rules"),
            "timeline.tuning": ("Evaluation", "Truth", "Tuning", "evaluate", "read_truth", "tune"),
            "video": ("Scaler", "Video", "frames_at", "probe"),
            "workflow": ("analyze", "edit", "edit_clips", "join", "mark", "refine"),
        },
    )

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


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
