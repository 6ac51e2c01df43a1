"""What this machine offers: how many cores, and where caches and data belong."""

import os
from pathlib import Path


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cache_folder(name: str) -> Path:
    """A folder of that name in the one that the environment's MILES_DEEP_CACHE names, else in the user's cache."""
    if root := os.environ.get("MILES_DEEP_CACHE"):
        return Path(root) / name
    # Here, since who names a folder should not wait for it.
    from platformdirs import user_cache_path

    return user_cache_path("miles-deep") / name


def data_folder(name: str) -> Path:
    """A folder of that name in the one that the environment's MILES_DEEP_DATA names, else in the user's data."""
    if root := os.environ.get("MILES_DEEP_DATA"):
        return Path(root) / name
    from platformdirs import user_data_path

    return user_data_path("miles-deep") / name
