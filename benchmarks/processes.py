"""Do processes that share a training train what one alone trains?

For each variant's smallest form, without labels and with them, twenty rounds of batches of 16 on noise: two slices in
one and in two processes, four in one, two and four. What is compared is all that a checkpoint holds, bit for bit, and
where that differs the largest difference of a number. A weight of the second process is changed on purpose, too, and
what the next checkpoint says is noted. At last: what a round's question whether to stop costs, of a round of DCGAN's
preset `laptop`. Processes are forked from this one, and meet over gloo.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import safetensors.torch
import torch
from common import machine, table, verdict, write

from ganzoo import plugins
from ganzoo.engine.processes import Processes
from ganzoo.engine.slices import Slices
from ganzoo.engine.training import Training
from ganzoo.errors import CheckpointError
from ganzoo.plugins.entry_points import STANDARD
from ganzoo.runs.together import whole_state
from ganzoo.testing.checks.training import dataset_of
from ganzoo.testing.forms import Form, forms_of

CPU = torch.device("cpu")
BATCH, ROUNDS, QUESTIONS = 16, 20, 2_000
SHARED = [(2, 1), (2, 2), (4, 1), (4, 2), (4, 4)]
"""Slices and processes."""


def forms(quick: bool) -> Iterator[Form]:
    """Of each variant the first preset's, once for each kind of data and labels."""
    for name in ("dcgan", "stylegan2") if quick else [name for name in STANDARD if name != "standard"]:
        variant = plugins.registry().find(name)
        found = [form for form in forms_of(variant) if form.plain]
        yield from (form for form in found if form.plan.preset == found[0].plan.preset)


def training_of(form: Form, slices: Slices) -> Training:
    config = type(form.plan.config).parse({**dict(form.plan.config), "batch_size": BATCH})
    torch.manual_seed(7)
    game = form.variant.build(config, form.data)
    return Training(game, dataset_of(form), CPU, seed=7, conditional=form.conditional, warn=print, slices=slices)


def state_after(form: Form, slices: Slices) -> dict[str, torch.Tensor]:
    training = training_of(form, slices)
    for _ in range(ROUNDS):
        training.round()
    tensors, _ = whole_state(training, slices.processes)
    return {f"{file}/{name}": v.detach().contiguous() for file, named in tensors.items() for name, v in named.items()}


def drift(form: Form, processes: Processes) -> str:
    """What is said at a checkpoint when one weight of the second process is another."""
    training = training_of(form, Slices(2, processes))
    training.round()
    if not processes.first:
        with torch.no_grad():
            weight = next(training.game.generator.parameters())
            weight[(0,) * weight.dim()] += 1e-6
    training.round()
    try:
        whole_state(training, processes)
    except CheckpointError as error:
        return str(error)
    return ""


def question(processes: Processes, rounds: int) -> dict[str, float]:
    """Milliseconds of a question, and of a round of two processes."""
    variant = plugins.registry().find("dcgan")
    found = next(form for form in forms_of(variant) if form.plain and not form.conditional)
    torch.manual_seed(7)
    game = variant.build(variant.load_config().resolve("laptop", {}), found.data)
    training = Training(
        game, dataset_of(found), CPU, seed=7, conditional=False, warn=print, slices=Slices(2, processes)
    )
    seconds: dict[str, list[float]] = {"question": [], "round": []}
    for name, count, deed in (("round", rounds, training.round), ("question", QUESTIONS, lambda: processes.largest(0))):
        for _ in range(count):
            start = time.perf_counter()
            deed()
            seconds[name].append(time.perf_counter() - start)
    return {name: 1000 * statistics.median(values) for name, values in seconds.items()}


def together(count: int, work: Any) -> None:
    """Run `work(processes)` in so many processes that know one another; this one is the first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(count)}
    children = []
    for rank in range(count):
        child = os.fork()
        if child:
            children.append(child)
            continue
        os.environ["RANK"] = str(rank)
        processes, code = Processes(rank, count, rank), 1
        try:
            with processes.joined():
                processes.connect(CPU)
                work(processes)
            code = 0
        finally:
            os._exit(code)
    codes = [os.waitpid(child, 0)[1] for child in children]
    if any(codes):
        raise SystemExit("a process failed")


def compared(folder: Path, name: str) -> dict[str, Any]:
    states = {shared: safetensors.torch.load_file(folder / f"{name}-{shared[0]}-{shared[1]}") for shared in SHARED}
    row = {}
    for slices, processes in ((2, 2), (4, 2), (4, 4)):
        one, more = states[slices, 1], states[slices, processes]
        assert one.keys() == more.keys()
        far = max(
            float((one[key].double() - more[key].double()).abs().max()) if one[key].numel() else 0.0 for key in one
        )
        same = all(torch.equal(one[key], more[key]) for key in one)
        row[f"{slices} slices, {processes} processes"] = {"same": same, "largest_difference": far}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    facts, chosen = machine("cpu"), list(forms(arguments.quick))
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="ganzoo-bench-") as place:
        folder = Path(place)
        for slices, count in SHARED:

            def train(processes: Processes, slices: int = slices, count: int = count) -> None:
                for form in chosen:
                    state = state_after(form, Slices(slices, processes))
                    if processes.first:
                        safetensors.torch.save_file(state, folder / f"{form.name}-{slices}-{count}")

            together(count, train)
            print(f"{slices} slices, {count} processes: {len(chosen)} forms trained", flush=True)

        def last(processes: Processes) -> None:
            said, cost = drift(chosen[0], processes), question(processes, 5 if arguments.quick else 20)
            if processes.first:
                (folder / "last.json").write_text(json.dumps({"drift": said, "milliseconds": cost}))

        together(2, last)
        rows = {form.name: compared(folder, form.name) for form in chosen}
        rest = json.loads((folder / "last.json").read_text())
    columns = list(next(iter(rows.values())))
    table("equal to one process", ["form", *columns], [
        [name, *("bits" if row[c]["same"] else f"{row[c]['largest_difference']:.1e}" for c in columns)]
        for name, row in rows.items()
    ])  # fmt: skip
    share = rest["milliseconds"]["question"] / rest["milliseconds"]["round"]
    print(f"\ndrift: {rest['drift']}")
    print(f"question: {share:.2%} of a round of dcgan: {verdict(share < 0.003)}")
    same = all(row[column]["same"] for row in rows.values() for column in columns)
    print(f"all the same bits: {verdict(same)}")
    write("processes", {"machine": facts, "rounds": ROUNDS, "batch_size": BATCH, "forms": rows, **rest}, arguments)


if __name__ == "__main__":
    main()
