"""The clock sound: a tone that rises by 200 Hz a second, so that its pitch is the time.

Track `seed` s starts at 400 + 3400 s Hz and comes round again after 16 s: no two seeds share a pitch, and
one look at a spectrum tells both the track and the moment. The second channel is half as loud.
"""

import numpy as np
from numpy.typing import NDArray

BASE, SLOPE, PERIOD = 400.0, 200.0, 16
"""Hz at time 0 of seed 0; Hz a second; seconds after which the sound comes round again."""

BAND = SLOPE * PERIOD + 200
"""Hz from one seed to the next, 200 of them silent."""

LEVEL = 0.4


def clock_sound(start: float, count: int, rate: int, channels: int, seed: int) -> NDArray[np.float32]:
    """`count` samples from `start` seconds after the film's first frame on, float32 [channels, count]."""
    time = start + np.arange(count) / rate
    rounds, time = np.divmod(time, PERIOD)
    base = BASE + BAND * seed
    cycles = rounds * (base + SLOPE * PERIOD / 2) * PERIOD + base * time + SLOPE / 2 * time**2
    loudness = LEVEL * 0.5 ** np.arange(channels)
    return (loudness[:, None] * np.sin(2 * np.pi * cycles)).astype(np.float32)


def sound_pitch(samples: NDArray[np.floating], rate: int) -> float:
    """Hz of the tone at the first of `samples` (mono, 50 to 400 ms of them).

    The known rise is taken out first, so that what remains is one steady tone; its spectral peak is refined
    by a parabola through the logarithms of three bins.

    Raises: ValueError for silence.
    """
    if len(samples) == 0 or np.sqrt(np.mean(np.square(samples))) < 0.02:
        raise ValueError("silence")
    time = np.arange(len(samples)) / rate
    steady = samples * np.hanning(len(samples)) * np.exp(-1j * np.pi * SLOPE * time**2)
    size = 1 << (8 * len(samples) - 1).bit_length()
    power = np.abs(np.fft.fft(steady, size)[: size // 2])
    peak = int(np.clip(np.argmax(power), 1, size // 2 - 2))
    left, middle, right = np.log(power[peak - 1 : peak + 2] + 1e-12)
    return float((peak + (left - right) / (2 * (left - 2 * middle + right))) * rate / size)


def sound_time(samples: NDArray[np.floating], rate: int, near: float = 7) -> float:
    """Seconds after the film's first frame at which the first of `samples` was made: the one moment within
    half a PERIOD of `near` that fits (-1 to 15 s as it is)."""
    pitch = sound_pitch(samples, rate)
    time = (pitch - BASE - BAND * _seed(pitch)) / SLOPE
    return (time - near + PERIOD / 2) % PERIOD + near - PERIOD / 2


def sound_seed(samples: NDArray[np.floating], rate: int) -> int:
    """Which `AudioTrack.seed` made these samples."""
    return _seed(sound_pitch(samples, rate))


def _seed(pitch: float) -> int:
    return int((pitch - BASE + 100) // BAND)
