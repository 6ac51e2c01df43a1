"""Pictures in files, scored as the frames of films are."""

from miles_deep.classify.pictures.score import PictureScores, classify_pictures

__all__ = ["PictureScores", "classify_pictures"]
