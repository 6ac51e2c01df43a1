"""Networks of PyTorch, made into ONNX that `model.onnx_import` takes: the only room that needs torch.

`export_timm` takes an architecture of timm with its published weights or your own; `export_pt2` a program that
`torch.export` wrote. All that is heavy comes with `pip install 'miles-deep[train]'` and is imported on first use.
"""

from miles_deep.train.export import Exported
from miles_deep.train.pt2 import export_pt2
from miles_deep.train.timm_network import export_timm

__all__ = ["Exported", "export_pt2", "export_timm"]
