"""The truth that segments are held against, and the rules that find it best."""

from miles_deep.timeline.tuning.evaluate import evaluate
from miles_deep.timeline.tuning.evaluation import Agreement, EdgeErrors, Evaluation, LabelResult
from miles_deep.timeline.tuning.truth import Truth, read_truth
from miles_deep.timeline.tuning.tune import Tuning, tune

__all__ = [
    "Agreement",
    "EdgeErrors",
    "Evaluation",
    "LabelResult",
    "Truth",
    "Tuning",
    "evaluate",
    "read_truth",
    "tune",
]
