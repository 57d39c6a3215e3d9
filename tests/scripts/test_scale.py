"""The scripts of docs/scale.md: bash reads them, and what they start are trainings that there are."""

import os
import re
import shlex
import subprocess

import pytest
import yaml
from docs.commands import mistakes
from docs.pages import ROOT

SCALE = ROOT / "scripts" / "scale"
PRINTS = '#!/bin/bash\nprintf \'%s\\n\' "$(basename $0) $*" >> "$CALLS"\n'


def job_script():
    job = list(yaml.safe_load_all((SCALE / "job.yaml").read_text()))[1]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["bash", "-euc"]
    return container["args"][0]


@pytest.fixture
def calls(tmp_path):
    """Run a script where `torchrun`, `srun` and `scontrol` only note how they were called."""

    def run(script):
        assert subprocess.run(["bash", "-n", "-c", script]).returncode == 0
        for name in ("torchrun", "scontrol"):
            (tmp_path / name).write_text(PRINTS + ("echo machine-7; echo machine-8\n" if name == "scontrol" else ""))
        (tmp_path / "srun").write_text('#!/bin/bash\nSLURM_PROCID=0 "$@" && SLURM_PROCID=1 "$@"\n')
        for name in ("torchrun", "scontrol", "srun"):
            (tmp_path / name).chmod(0o755)
        place = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls"), "FIRST": "machine-7"}
        place |= {"SLURM_JOB_NODELIST": "machine-[7-8]", "SLURM_NNODES": "2", "SLURM_JOB_ID": "17"}
        subprocess.run(["bash", "-euc", script], env=place, check=True)
        return [line for line in (tmp_path / "calls").read_text().splitlines() if line.startswith("torchrun")]

    return run


@pytest.mark.parametrize(
    ("script", "machines", "endpoint"),
    [
        ((SCALE / "several.sh").read_text(), 1, "machine-7:29500"),
        ((SCALE / "train.slurm").read_text(), 2, "machine-7:29500"),
        (job_script(), 1, "photos-0.photos:29500"),
    ],
    ids=["several", "slurm", "kubernetes"],
)
def test_each_machine_starts_one_torchrun_of_one_training(calls, script, machines, endpoint):
    found = calls(script)
    assert len(found) == machines
    assert len(set(found)) == 1
    words = shlex.split(found[0])
    assert words[words.index("--rdzv-endpoint") + 1] == endpoint
    assert words[words.index("--nnodes") + 1] == "2"
    command = found[0].partition("-m ")[2]
    assert not mistakes(command)
    assert re.search("--max-restarts [1-9]", found[0])


def test_torchrun_takes_these_options():
    from torch.distributed.run import get_args_parser

    words = shlex.split(job_script().removeprefix("exec torchrun"))
    arguments = get_args_parser().parse_args(words)
    assert (arguments.module, arguments.training_script) == (True, "ganzoo")
    assert arguments.training_script_args[:2] == ["train", "stylegan2"]
