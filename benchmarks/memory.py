"""How much memory does one loop need? Run by `engine.py`, each loop in a process of its own; prints one JSON line.

    python benchmarks/memory.py LOOP VARIANT PRESET --images FILE.npy [--device cpu] [--precision fp32] [--rounds 100]

LOOP is `imports` (torch alone), `bare`, `usual` or `engine`. `bare` and `usual` hold the decoded data set, as the
engine does, read from a file so that no decoder counts. The engine is `ganzoo.train` as a user calls it, with a sample
grid before and a checkpoint half-way; its peak is taken when the last round ends and, apart, after the end-of-run work
(curves by matplotlib, a last checkpoint).

On a CPU the peak is that of the whole process, the libraries included; on CUDA that of torch's allocator.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch


def peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    # Not ru_maxrss where it can be helped: Linux hands the parent's peak on to a child through fork and exec.
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        from ganzoo.engine.device import peak_memory_bytes

        return peak_memory_bytes(device)
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def run_loop(arguments: argparse.Namespace, device: torch.device) -> dict[str, int]:
    from loops import Job, bare, usual

    images = torch.from_numpy(np.load(arguments.images)).to(device)
    job = Job(arguments.variant, arguments.preset, images, device, arguments.precision == "bf16")
    rounds = bare(job, channels_last=True) if arguments.loop == "bare" else usual(job, workers=0)
    for _ in range(arguments.rounds):
        next(rounds)
    return {"peak_bytes": peak_bytes(device)}


def run_engine(arguments: argparse.Namespace, device: torch.device) -> dict[str, int]:
    import ganzoo
    from ganzoo import plugins
    from ganzoo.runs.observers.display import QuietDisplay

    config = plugins.registry().find(arguments.variant).load_config().resolve(arguments.preset, {})
    total = config.batch_size * arguments.rounds
    found: dict[str, int] = {}

    class Watch(QuietDisplay):
        def stop(self) -> None:
            found["peak_with_end_of_run_bytes"] = peak_bytes(device)

        def advance(self, images: int) -> None:
            if images >= total:
                found["peak_bytes"] = peak_bytes(device)

    with tempfile.TemporaryDirectory() as folder:
        ganzoo.train(
            arguments.variant, preset=arguments.preset, out=Path(folder) / "run", images=total, display=Watch(),
            device=arguments.device, precision=arguments.precision, checkpoint_every=max(total // 2, 1),
        )  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("loop", choices=["imports", "bare", "usual", "engine"])
    parser.add_argument("variant")
    parser.add_argument("preset")
    parser.add_argument("--images", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if arguments.loop == "imports":
        found = {"peak_bytes": peak_bytes(device)}
    else:
        found = run_engine(arguments, device) if arguments.loop == "engine" else run_loop(arguments, device)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
