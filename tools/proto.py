"""Generate caffe_pb2 from caffe.proto; with --check, only tell whether it is up to date."""

import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

SOURCE = Path(__file__).parents[1] / "src"
PROTO = Path("miles_deep", "model", "caffe", "caffe.proto")
GENERATED = (PROTO.with_name("caffe_pb2.py"), PROTO.with_name("caffe_pb2.pyi"))


def generate(folder: str) -> None:
    """Run the protobuf compiler."""
    arguments = ["protoc", f"-I{SOURCE}", f"--python_out={folder}", f"--pyi_out={folder}", PROTO.as_posix()]
    if protoc.main(arguments) != 0:
        sys.exit("caffe.proto: the protobuf compiler refuses it")


if __name__ == "__main__":
    if "--check" in sys.argv:
        with tempfile.TemporaryDirectory() as scratch:
            generate(scratch)
            stale = [
                str(name) for name in GENERATED if (scratch / name).read_text() != (SOURCE / name).read_text()
            ]
        if stale:
            sys.exit(f"{', '.join(stale)}: not what caffe.proto gives; run make proto")
    else:
        generate(str(SOURCE))
