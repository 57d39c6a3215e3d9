"""Processes that share a training, as torchrun starts them, train what one alone trains, and end together."""

import re
import signal
import socket

import numpy
import pytest
import torch
from engine.runs import assert_same_end, checkpoints, records, wait_for
from PIL import Image

from ganzoo.engine.processes import Processes
from ganzoo.engine.slices import Slices
from ganzoo.errors import CheckpointError, ConfigError, RunError
from ganzoo.runs.together import begun_by, whole_state

ROUNDS = ("--batch-size", 8, "--images", 96, "--log-every", 32, "--sample-every", 10_000, "--device", "cpu")
LONG = ("--images", 4_000, "--checkpoint-every", 400, "--log-every", 100, "--sample-every", 12_000, "--slices", 2)
MEASURED = {"seconds", "images_per_second", "memory_bytes"}
VARIANTS = {
    # A batch norm whose statistics are buffers, and a p that follows the discriminator.
    "dcgan": ("--width", 4, "--limit", 64, "--augment", "ada", "--augment-speed", 500, "--mirror"),
    # Lazy phases, a mean path length, an average of w, growing data in a stream.
    "stylegan2": (
        "--preset", "auto", "--fmap-base", 64, "--fmap-max", 8, "--latent-dim", 8, "--group", 2, "--limit", 40,
        "--data-memory", 0, "--workers", 0,
    ),
    # Clipping after a step; one set of critic steps.
    "wgan": ("--width", 4, "--limit", 64),
    # Two sets, and pools of images that each slice has of its own.
    "cyclegan": ("--data", "domains", "--width", 4, "--blocks", 1, "--pool", 6),
}  # fmt: skip


@pytest.fixture
def together(start, tmp_path):
    """`together(count, *arguments)`: the same command in so many processes that know one another.

    `differing` is given to the others alone, and `apart` they are on machines of their own.
    """

    def begin(count, *arguments, differing=(), apart=False):
        for rank in range(1, count if apart else 1):
            (tmp_path / f"machine-{rank}").mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
        return [
            start(
                *arguments,
                *(differing if rank else ()),
                folder=tmp_path / f"machine-{rank}" if apart and rank else tmp_path,
                environment=place | {"RANK": str(rank), "LOCAL_RANK": str(rank)} if count > 1 else {},
            )
            for rank in range(count)
        ]

    return begin


def ended(commands):
    codes = [command.wait() for command in commands]
    assert all("Traceback" not in command.err for command in commands), [command.err for command in commands]
    return codes


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_processes_train_what_one_trains_bit_for_bit(together, tmp_path, variant):
    if variant == "cyclegan":
        for name, images in zip(
            "AB", numpy.random.RandomState(0).randint(0, 256, (2, 9, 16, 16, 3), "uint8"), strict=True
        ):
            (tmp_path / f"domains/train{name}").mkdir(parents=True)
            for index, image in enumerate(images):
                Image.fromarray(image).save(tmp_path / f"domains/train{name}/{index}.png")
    for count in (1, 2):
        commands = together(count, "train", variant, *VARIANTS[variant], *ROUNDS, "--slices", 2, "--out", str(count))
        assert ended(commands) == [0] * count, [command.err for command in commands]
    assert_same_end(tmp_path / "1", tmp_path / "2")
    lines = [
        [{key: value for key, value in record.items() if key not in MEASURED} for record in records(tmp_path / name)]
        for name in ("1", "2")
    ]
    assert lines[0] == lines[1]
    assert len(lines[0]) == 3
    assert not {path.name for path in tmp_path.iterdir()} - {"home", "1", "2", "domains"}
    if variant == "cyclegan":
        assert ended(together(2, "resume", "1", "--images", 120)) == [0, 0]
        assert ended(together(1, "resume", "2", "--images", 120)) == [0]
        assert_same_end(tmp_path / "1", tmp_path / "2")


def test_four_slices_are_added_in_one_order_by_any_number_of_machines(together, tmp_path):
    """Where other machines have neither the run's folder nor anything else."""
    options = ("train", "vanilla", "--data", "ring", *ROUNDS, "--slices", 4, "--out")
    for count in (1, 4):
        assert ended(together(count, *options, str(count), apart=True)) == [0] * count
        assert_same_end(tmp_path / "1", tmp_path / str(count))
    assert ended(together(2, "resume", "4", "--images", 120, apart=True)) == [0, 0]
    assert ended(together(2, *options, "from", "--from", "1", apart=True)) == [0, 0]
    assert not [path for path in tmp_path.glob("machine-*/*") if path.name != "home"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_ended_ends_all_and_costs_no_bit(together, ganzoo, tiny, tmp_path, number):
    commands = together(2, *tiny.train, *LONG, "--out", "broken")
    wait_for(lambda: len(checkpoints(tmp_path / "broken")) > 1, lambda: commands[0].err)
    commands[1].kill(number)
    codes = ended(commands)
    assert codes == ([143, 143] if number is signal.SIGTERM else [1, -signal.SIGKILL])
    said = "stopped by SIGTERM at" if number is signal.SIGTERM else "another process of this training has ended"
    assert said in commands[0].err
    assert commands[0].err.strip().endswith("ganzoo resume broken")
    assert len(commands[0].err.splitlines()) == 1
    if number is signal.SIGTERM:
        ganzoo("resume", "broken")
    else:
        assert ended(together(2, "resume", "broken")) == [0, 0]
    ganzoo(*tiny.train, *LONG, "--out", "unbroken")
    assert_same_end(tmp_path / "unbroken", tmp_path / "broken")


def test_a_command_that_torchrun_starts_again_goes_on(start, tiny, tmp_path):
    launch = {"TORCHELASTIC_RUN_ID": "17"}
    command = (*tiny.train, *LONG)
    first = start(*command, environment=launch)
    run = tmp_path / "runs/vanilla-tiny-1"
    wait_for(lambda: checkpoints(run), lambda: first.err)
    first.kill(signal.SIGKILL)
    first.wait()
    again = start(*command, environment=launch | {"TORCHELASTIC_RESTART_COUNT": "1"})
    other = start(*command, "--lr", 0.1, "--out", run, environment=launch)
    assert (again.wait(), other.wait()) == (0, 1), again.err
    assert "exists already" in other.err
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [run.name]
    assert checkpoints(run)[-1].name == "0000004000"


def test_processes_that_would_not_train_the_same_are_refused(together, tiny, tmp_path):
    for options, said in ((("--limit", 40), "have data tiny with digest"), (("--lr", 0.1), "were given other options")):
        commands = together(2, *tiny.train, *LONG, differing=options)
        assert ended(commands) == [1, 1]
        assert all(said in command.err for command in commands)
        assert not (tmp_path / "runs").exists()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").touch()
    commands = together(2, *tiny.train, *LONG, "--out", "taken")
    assert ended(commands) == [1, 1]
    assert "taken exists already" in commands[0].err
    assert "another process of this training has ended" in commands[1].err


def test_a_port_that_is_taken_is_told(start, tiny):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(taken.getsockname()[1])}
        command = start(*tiny.train, environment=place | {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"})
        assert command.wait() == 1
    assert re.search(r"did not meet at 127.0.0.1:\d+ .*: where the port is taken", command.err), command.err


def test_a_run_that_is_on_another_machine_is_told(tmp_path, monkeypatch):
    class Two(Processes):
        def gather(self, value):
            return [value, tmp_path / "run"]

    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"the machine of process 1, and goes on on another"):
        begun_by("launch", Two(0, 2, 0), None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("dcgan", "--batch-size", 30, "--slices", 4), r"a batch of 30 cannot be cut .* give --batch-size 28 or 32"),
        (
            ("pacgan", "--batch-size", 8, "--slices", 4, "--packing", 4),
            r"leaves 2 of a batch of 8 to a slice: .*packing",
        ),
        (("progan", "--batch-size", 12, "--slices", 2), r"leaves 6 of a batch of 12 to a slice: .*multiple of 4"),
        (("dcgan", "--batch-size", 4, "--slices", 4), r"leaves 1 of a batch of 4 to a slice: --batch-size"),
        (("dcgan", "--processes", 0), r"--processes \(=0\) must be at least 1"),
    ],
)
def test_slices_that_cannot_be_are_refused(ganzoo, tmp_path, options, sentence):
    refused = ganzoo("train", *options, "--limit", 50, code=2)
    assert re.search(sentence, refused.err), refused.err
    assert not (tmp_path / "runs").exists()


def test_processes_must_divide_slices():
    with pytest.raises(ConfigError, match=r"2 processes cannot share .* --slices 3"):
        Slices(3, Processes(1, 2, 1))


@pytest.mark.parametrize(
    "given", [{"WORLD_SIZE": "2", "RANK": "1"}, {"WORLD_SIZE": "two", "RANK": "1", "LOCAL_RANK": "0"}]
)
def test_half_an_environment_is_refused(given):
    with pytest.raises(ConfigError, match="by torchrun"):
        Processes.of_environment(given)


def test_a_drift_is_caught_at_the_next_checkpoint():
    class Training:
        images = 64

        def state(self):
            return {"generator": {"weight": torch.zeros(3), "count": torch.tensor(1)}}, {}

    class Two(Processes):
        def gather(self, value):
            return [value, ("another digest", {})]

    with pytest.raises(CheckpointError, match="drifted apart: at 64 images process 1"):
        whole_state(Training(), Two(0, 2, 0))
