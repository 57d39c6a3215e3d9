"""`ganzoo export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, LastModel, Set
from ganzoo.cli.output import console


def export(
    model: LastModel = None,
    out: Annotated[Path | None, typer.Option(help="File to write.", show_default="MODEL.onnx in this folder")] = None,
    opset: Annotated[
        int | None,
        typer.Option(help="Version of ONNX's operators, 18 to 25.", show_default="what torch's exporter prefers"),
    ] = None,
    fp16: Annotated[
        bool, typer.Option("--fp16", help="Half precision: half the size; what goes in and comes out stays float32.")
    ] = False,
    uint8: Annotated[
        bool, typer.Option("--uint8", help="Give RGB images of 8 bits, (N, 3, H, W), instead of floats in [-1, 1].")
    ] = False,
    set: Set = None,
    best: Best = False,
) -> None:
    """Write a model as an ONNX file, compared with PyTorch before it is kept; `ganzoo sample FILE.onnx` samples it."""
    from ganzoo.sampling.settings import parse

    given = parse(set or ())
    loaded = latent_options.open_model(model, "cpu", best=best)
    path = out or Path(f"{loaded.name}.onnx")
    with latent_options.writing(path):
        done = loaded.export(path, opset=opset, fp16=fp16, uint8=uint8, set=given)
    console.print(f"{path} ({done.size_bytes:,} bytes, opset {done.opset})")
    console.print(str(done.figures))
