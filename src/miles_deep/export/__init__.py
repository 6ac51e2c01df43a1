"""Segments, written for other programs."""

from miles_deep.export.write import FORMATS, ExportResult, Format, export, export_all

__all__ = ["FORMATS", "ExportResult", "Format", "export", "export_all"]
