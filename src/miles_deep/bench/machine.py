"""What a machine is, as far as it matters for speed."""

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from miles_deep.machine import cores

PACKAGES = {"av": "PyAV", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}

BUSY = 0.25
"""Other programs' load, as a part of the cores, from which on figures are not to be trusted."""


def machine() -> dict[str, str]:
    """Processor, cores, system, and the versions of what does the work, by their names."""
    found = {
        "processor": _processor(),
        "cores": str(cores()),
        "system": f"{platform.system()} {platform.release()}",
    }
    found["Python"] = platform.python_version()
    for package, name in PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:  # the package made for a device has another name
            continue
    if ffmpeg := shutil.which("ffmpeg"):
        words = _said(ffmpeg, "-version").split()
        found["ffmpeg program"] = words[2] if words[:2] == ["ffmpeg", "version"] else "of unknown version"
    return found


def busy() -> list[str]:
    """A line where the machine has other work to do, where the system tells."""
    if not hasattr(os, "getloadavg"):
        return []
    load = os.getloadavg()[0]
    return (
        [f"the machine was busy before this began: load {load:.1f} on {cores()} cores"]
        if load > BUSY * cores()
        else []
    )


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin" and (said := _said("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")):
        return said
    return platform.processor() or platform.machine()


def _said(*command: str) -> str:
    """What a program prints; nothing where it cannot."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()
