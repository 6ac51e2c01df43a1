"""Pictures and pages of what was found in a film."""

from miles_deep.report.findings import Findings

__all__ = ["Findings"]
