"""Write constraints.txt: the exact versions that a fresh environment with all extras resolves to."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", f"{ROOT}[test,check,train]"], check=True)
        freeze = subprocess.run(
            [*pip, "freeze", "--exclude", "miles-deep", "--exclude", "pip"],
            check=True,
            capture_output=True,
            text=True,
        )
    # Without the name of a build (torch 2.13.0+cpu), which not every machine can have.
    lines = [line.partition("+")[0] for line in freeze.stdout.splitlines() if "==" in line]
    header = "# Exact versions of everything, written by `make constraints`.\n"
    (ROOT / "constraints.txt").write_text(header + "\n".join(lines) + "\n")
