"""Segments, written for other programs."""

from typing import TYPE_CHECKING

from miles_deep.later import later

if TYPE_CHECKING:
    from miles_deep.export.write import FORMATS, ExportResult, Format, export, export_all
else:
    __getattr__ = later(__name__, {"write": ("FORMATS", "ExportResult", "Format", "export", "export_all")})

__all__ = ["FORMATS", "ExportResult", "Format", "export", "export_all"]
