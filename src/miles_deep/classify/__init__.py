"""From a film and a model to scores."""

from miles_deep.classify.pipeline import Progress, score
from miles_deep.classify.scores import Scores

__all__ = ["Progress", "Scores", "score"]
