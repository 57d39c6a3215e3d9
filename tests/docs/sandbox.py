"""Where a page is run: a folder of its own with a home, a `ganzoo` that is quick, and what the page's reader has."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy
from docs.pages import ROOT, Block, blocks
from PIL import Image
from registry.hub_server import WRITER, HubServer

CLOTHING = ROOT.parent / "shared" / "data" / "clothing10" / "clothing10_128.zip"

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    order = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
    socket.send_fds(server, [json.dumps(order).encode()], [0, 1, 2])
    code = int(server.recv(16) or 1)
sys.exit(code if code >= 0 else 128 - code)
"""


class Sandboxes:
    """Makes sandboxes, and runs pages in them; see `fork_server.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._socket = folder, str(folder / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self._socket)
            listening.listen()
            script, number = Path(__file__).with_name("fork_server.py"), listening.fileno()
            self._process = subprocess.Popen([sys.executable, "-W", "error", script, str(number)], pass_fds=(number,))
        client = folder / "bin" / "ganzoo"
        client.parent.mkdir()
        client.write_text(CLIENT.format(python=sys.executable, socket=self._socket))
        client.chmod(0o755)
        self.hub = HubServer().__enter__()
        self._made: dict[str, Path] = {}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self.hub.__exit__()

    def run(self, name: str, blocks: list[Block]) -> tuple[int, str]:
        """Run blocks in a new sandbox with what `NEEDS` says; the exit code and all that was printed."""
        folder = self.folder / "pages" / name.replace("/", "-")
        folder.mkdir(parents=True)
        for need in NEEDS.get(name, ()):
            target = folder / need
            target.parent.mkdir(parents=True, exist_ok=True)
            made = self.prepared(need)
            shutil.copytree(made, target) if made.is_dir() else shutil.copy(made, target)
        return self._execute(folder, blocks)

    def prepared(self, need: str) -> Path:
        """A folder or file that a page's reader has, made once."""
        if need not in self._made:
            workshop = self.folder / "workshop" / need.replace("/", "-")
            workshop.mkdir(parents=True)
            self._made[need] = MAKERS.get(Path(need).parts[0], make_run)(self, workshop, Path(need))
        return self._made[need]

    def make(self, folder: Path, line: str) -> None:
        """Run one command to make what is needed."""
        code, said = self._execute(folder, [Block("workshop", 1, "sh", f"{line}\n")])
        assert code == 0, said

    def _execute(self, folder: Path, blocks: list[Block]) -> tuple[int, str]:
        environment = {
            **{name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ},
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "GANZOO_HOME": str(folder / ".home"),
            "HF_ENDPOINT": self.hub.url,
            "HF_TOKEN": WRITER,
            "NO_PROXY": "127.0.0.1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "COLUMNS": "120",
        }
        told = [{"place": str(block), "language": block.language, "text": block.text} for block in blocks]
        order = {"blocks": told, "folder": str(folder), "environment": environment}
        log = folder.with_suffix(".log")
        with open(os.devnull) as nothing, log.open("w") as out, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._socket)
            socket.send_fds(server, [json.dumps(order).encode()], [nothing.fileno(), out.fileno(), out.fileno()])
            code = int(server.recv(16) or 1)
        return code, log.read_text()


Maker = Callable[[Sandboxes, Path, Path], Path]


def make_run(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    """The run `runs/VARIANT-DATA-1`, or what is asked for under another name."""
    variant, data = need.name.removesuffix("-1").split("-", 1)
    sandboxes.make(folder, f"ganzoo train {variant} --data {data} --eval-every 200 --out {need}")
    return folder / need


def make_photos(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    """Photographs in two classes, sixty of each."""
    with zipfile.ZipFile(CLOTHING) as archive:
        for kind in ("pants", "t-shirt"):
            for number, name in enumerate([name for name in archive.namelist() if f"/{kind}/" in name][:60]):
                path = folder / need / kind / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as file, Image.open(file) as image:
                    image.convert("RGB").resize((64, 64)).save(path)
    return folder / need


def make_fashion(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    """Fashion-MNIST as torchvision unpacks it, but for its garments: 400 images of noise, forty a class."""
    noise = numpy.random.default_rng(0)
    raw = folder / need / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        pixels = noise.integers(0, 256, (400, 28, 28), numpy.uint8)
        images = numpy.array([0x0803, *pixels.shape], ">u4").tobytes() + pixels.tobytes()
        labels = numpy.array([0x0801, 400], ">u4").tobytes() + bytes(number % 10 for number in range(400))
        (raw / f"{part}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    return folder / need


def make_pairs(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    """Images of 64 pixels: pairs side by side, or the two sets of `horse2zebra` and `tops`."""
    noise = numpy.random.default_rng(0)
    parts = ("trainA", "trainB", "testA", "testB") if need.name in ("horse2zebra", "tops") else ("train", "test")
    for part in parts:
        for number in range(12):
            path = folder / need / part / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            width = 64 if part[-1] in "AB" else 128
            Image.fromarray(noise.integers(0, 256, (64, width, 3), numpy.uint8)).save(path)
    return folder / need


def make_scans(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    images = numpy.random.default_rng(0).integers(0, 4096, (40, 64, 64)).astype(numpy.uint16)
    numpy.savez(folder / need, images=images)
    return folder / need


def make_table(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    random = numpy.random.default_rng(0)
    rows = [f"{age},{height:.1f},{random.choice(['left', 'right'])}" for age, height in random.normal(40, 5, (60, 2))]
    (folder / need).write_text("\n".join(["age,height,hand", *rows]) + "\n", encoding="utf-8")
    return folder / need


def make_image(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    Image.fromarray(numpy.random.default_rng(0).integers(0, 256, (40, 40, 3), numpy.uint8)).save(folder / need)
    return folder / need


def make_zip(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    (folder / need).parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / need, "w") as archive:
        for path in sandboxes.prepared("photos").rglob("*.png"):
            archive.write(path, f"{path.parent.name}/{path.name}")
    return folder / need


def make_folder(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    (folder / need).mkdir()
    return folder / need


def make_samples(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    sandboxes.make(folder, f"ganzoo sample dcgan-mnist -n 120 --npz {need}")
    return folder / need


def make_benchmarks(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    (folder / need).parent.mkdir()
    return Path(shutil.copy(ROOT / need, folder / need))


def make_toml(sandboxes: Sandboxes, folder: Path, need: Path) -> Path:
    """The file that a page tells its reader to write."""
    page = {"ring.toml": "docs/sweep.md", "run.toml": "docs/config.md"}[need.name]
    first = next(block for block in blocks(page) if block.language == "toml")
    (folder / need).write_text(first.text, encoding="utf-8")
    return folder / need


MAKERS: dict[str, Maker] = {
    "photos": make_photos,
    "flowers": make_photos,
    "drawings": make_photos,
    ".home": make_fashion,
    "sweaters": make_photos,
    "shirts": make_photos,
    "facades": make_pairs,
    "edges": make_pairs,
    "tops": make_pairs,
    "horse2zebra": make_pairs,
    "scans.npz": make_scans,
    "people.csv": make_table,
    "photo.jpg": make_image,
    "photo.png": make_image,
    "my-seven.png": make_image,
    "clothing10": make_zip,
    "zoo": make_folder,
    "samples.npz": make_samples,
    "benchmarks": make_benchmarks,
    "ring.toml": make_toml,
    "run.toml": make_toml,
}
"""By the first part of the path; what is not here is a run."""

DCGAN, CGAN, BIGAN, VAEGAN, INFOGAN = (
    f"runs/{variant}-mnist-1" for variant in ("dcgan", "cgan", "bigan", "vaegan", "infogan")
)
NEEDS: dict[str, tuple[str, ...]] = {
    "docs/config.md": ("run.toml",),
    "docs/data.md": ("photos", "scans.npz", "people.csv"),
    "docs/evaluate.md": (DCGAN, INFOGAN, "samples.npz", "runs/pacgan-stacked-mnist-1", "runs/vanilla-ring-1"),
    "docs/export.md": (DCGAN, INFOGAN),
    "docs/latents.md": (DCGAN, CGAN, BIGAN, INFOGAN, "photo.png", "my-seven.png"),
    "docs/modes.md": ("benchmarks/pacgan.toml",),
    "docs/photos.md": ("photos", "photo.png"),
    "docs/publish.md": ("flowers",),
    "docs/python.md": (DCGAN, INFOGAN, "zoo"),
    "docs/reconstruct.md": ("photo.jpg",),
    "docs/registry.md": (DCGAN, "zoo"),
    "docs/report.md": (DCGAN,),
    "docs/sweep.md": ("ring.toml",),
    "docs/translate.md": ("facades", "horse2zebra", "photos", "photo.png"),
    "docs/zoo.md": ("clothing10/clothing10_128.zip", "edges", "tops", ".home/data/torchvision/FashionMNIST"),
    "plugins/ganzoo_bigan/README.md": ("photos",),
    "plugins/ganzoo_cgan/README.md": ("photos",),
    "plugins/ganzoo_cyclegan/README.md": ("horse2zebra", "sweaters", "shirts"),
    "plugins/ganzoo_dcgan/README.md": ("photos",),
    "plugins/ganzoo_pacgan/README.md": ("benchmarks/pacgan.toml",),
    "plugins/ganzoo_pix2pix/README.md": ("facades", "drawings"),
    "plugins/ganzoo_progan/README.md": ("photos",),
    "plugins/ganzoo_stylegan2/README.md": ("photos",),
    "plugins/ganzoo_vaegan/README.md": ("photos",),
    "plugins/ganzoo_wgan/README.md": ("photos",),
    "plugins/ganzoo_wgan_gp/README.md": ("photos",),
}
"""What the reader of a page has before it begins."""
