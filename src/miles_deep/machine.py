"""What this machine offers: how many cores, and where caches and data belong."""

import contextlib
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


def free_memory() -> int | None:
    """Bytes that this process may still take: on Linux without swapping, and within its container's limit.

    On macOS and other Unixes it is all that the machine has, free or not; on Windows, which says neither, None.
    """
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        try:  # Windows has no sysconf
            free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (AttributeError, OSError, ValueError):
            return None
    return min([free, *_allowed()])


def return_memory() -> None:
    """Give the system what this process has freed.

    The GNU C library keeps for each thread what that freed, and calls it free; a film is watched, and then cut, by
    threads of many kinds, whose shares add up (docs/benchmarks.md). Other libraries give back by themselves.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):  # not the GNU C library; Windows: no such handle
        ctypes.CDLL(None).malloc_trim(0)


def _allowed() -> list[int]:
    """What a container may take: its limit less what it has (cgroups, version 2)."""
    try:
        limit, used = (Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip() for name in ("max", "current"))
        return [int(limit) - int(used)] if limit != "max" else []
    except (OSError, ValueError):
        return []
