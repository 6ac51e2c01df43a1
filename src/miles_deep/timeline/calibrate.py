"""Calibration: scores made as certain as they are right."""

import numpy as np
from numpy.typing import NDArray

LOWEST_SCORE = 1e-12
"""Scores below it are taken for it: 0 has no logarithm."""


def calibrate(values: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Scores at a temperature: softmax(log p / T).

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.

    Args:
        values: [N, K] probabilities, each row of sum 1.
        temperature: above 0; at 1 scores stay as they are, above they become less certain.
    """
    if temperature == 1:
        return values
    logits = np.log(np.maximum(values, LOWEST_SCORE, dtype=np.float64)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    calibrated: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return calibrated
