"""From a film and a model to scores."""

from miles_deep.classify.score import Progress, score
from miles_deep.classify.scores import Scores
from miles_deep.classify.store import Store

__all__ = ["Progress", "Scores", "Store", "score"]
