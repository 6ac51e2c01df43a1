"""Where `miles-deep` begins and ends: outside the package, so that Ctrl-C is heard while that is being imported.

What is here besides is there for short commands: answers out of the cache take a third of a second, most of which
goes to starting and stopping Python.
"""

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Import the command line, run it, and end the process."""
    gc.disable()  # imports leave no garbage worth looking for
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # NumPy starts threads for matrices, of which there are none
    try:
        from miles_deep.cli.main import run
    except KeyboardInterrupt:
        os.write(2, b"miles-deep: interrupted\n")
        os._exit(130)  # at once: the key may be held down
    gc.freeze()
    gc.enable()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = code or 1
    os._exit(code)  # everything is closed and joined; taking the interpreter apart would only take time
