"""From spans to an edited film."""

from miles_deep.edit.clips import cut_clips
from miles_deep.edit.cutter import EditResult, cut, plan_cut
from miles_deep.edit.plan import MODES, EditPlan, Mode, Piece, plan_edit

__all__ = ["MODES", "EditPlan", "EditResult", "Mode", "Piece", "cut", "cut_clips", "plan_cut", "plan_edit"]
