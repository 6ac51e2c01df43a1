"""Miles Deep measured on the user's own machine, against bare decoding of the same film in the same run."""

from miles_deep.bench.measure import measure
from miles_deep.bench.report import Report

__all__ = ["Report", "measure"]
