"""Generate caffe_pb2 from caffe.proto; with --check, only tell whether it is up to date."""

import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

FOLDER = Path(__file__).parents[1] / "src" / "miles_deep" / "model" / "caffe"
GENERATED = ("caffe_pb2.py", "caffe_pb2.pyi")


def generate(folder: str) -> None:
    """Run the protobuf compiler."""
    arguments = ["protoc", f"-I{FOLDER}", f"--python_out={folder}", f"--pyi_out={folder}", "caffe.proto"]
    if protoc.main(arguments) != 0:
        sys.exit("caffe.proto: the protobuf compiler refuses it")


if __name__ == "__main__":
    if "--check" in sys.argv:
        with tempfile.TemporaryDirectory() as scratch:
            generate(scratch)
            stale = [name for name in GENERATED if Path(scratch, name).read_text() != (FOLDER / name).read_text()]
        if stale:
            sys.exit(f"{', '.join(stale)}: older than caffe.proto; run make proto")
    else:
        generate(str(FOLDER))
