"""Classifiers: one network each, with everything that belongs to it."""

from miles_deep.model.card import ModelCard
from miles_deep.model.catalog import CATALOG, load_model
from miles_deep.model.model import Model
from miles_deep.model.preprocess import Preprocess

__all__ = ["CATALOG", "Model", "ModelCard", "Preprocess", "load_model"]
