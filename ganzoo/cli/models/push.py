"""`ganzoo push`."""

from __future__ import annotations

from typing import Annotated

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.cli.latents.model_options import Best
from ganzoo.cli.models.transfer import log, transfer_bar
from ganzoo.cli.output import print_json
from ganzoo.utils.shell import typed


def push(
    model: Annotated[
        str, typer.Argument(help="A run, or any model `ganzoo pull` takes.", autocompletion=complete_model)
    ],
    reference: Annotated[
        str,
        typer.Argument(help="Where to: hf://org/NAME, lab/NAME, /srv/zoo/NAME; @TAG behind it is as --tag; or a .zip."),
    ],
    private: Annotated[bool, typer.Option("--private", help="Make a new Hub repository private.")] = False,
    tag: Annotated[str | None, typer.Option(help="Name for this state, as v1.", show_default=False)] = None,
    message: Annotated[str | None, typer.Option(help="Of the commit.", show_default="what is pushed")] = None,
    license: Annotated[
        str | None, typer.Option("--license", help="Of the weights, as an SPDX identifier.", show_default=False)
    ] = None,
    data_license: Annotated[
        str | None,
        typer.Option("--data-license", help="Of the data that a run learned, or its origin.", show_default="if known"),
    ] = None,
    best: Best = False,
    fp16: Annotated[bool, typer.Option("--fp16", help="Store the weights of a run in 16 bits.")] = False,
    with_discriminator: Annotated[
        bool, typer.Option("--with-discriminator", help="Of a run, for those who train from it (`--from`).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Publish a run or a model: in a folder shared by a team, or on the Hugging Face Hub."""
    from ganzoo.models.push import push as publish
    from ganzoo.registry.references import destination

    with transfer_bar() as progress:
        pushed = publish(
            model, reference, private=private, tag=tag, message=message, license=license,
            data_license=data_license, best=best, fp16=fp16, with_discriminator=with_discriminator, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"reference": pushed})
        return
    log(f"pushed: {pushed}")
    log(f"`{typed('ganzoo', 'pull', destination(reference).reference)}` fetches it")
