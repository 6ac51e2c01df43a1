"""Run the main job on a film and say what happens: `make demo`."""

import shutil
import subprocess
import sys
from pathlib import Path


def run(*command: str) -> None:
    """Show a command as a user would type it, and run it."""
    print(f"\n$ {' '.join([Path(command[0]).stem, *command[1:]])}", flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    folder, film, output = map(Path, sys.argv[1:])
    program = str(folder / ("miles-deep.exe" if sys.platform == "win32" else "miles-deep"))
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    print(
        "Miles Deep watches Big Buck Bunny (Blender Foundation, CC-BY 3.0) with open_nsfw, which tells nude from"
    )
    print("decent pictures. It is a cartoon, so what the model takes for nude is a rabbit's belly.")
    run(program, str(film))
    run(program, str(film), "-x", "-o", str(output))
    run(program, str(film), "-a", "-o", str(output))
    print(f"\nThe results lie in {output}:")
    for file in sorted(output.iterdir()):
        print(f"  {file.name:<16} {file.stat().st_size / 1e6:.1f} MB")
