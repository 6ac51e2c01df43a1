"""Segments, written for other programs."""

from miles_deep.export.write import WRITERS, export

__all__ = ["WRITERS", "export"]
