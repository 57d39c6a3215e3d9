"""`ganzoo plugins check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.output import console, print_json, print_table
from ganzoo.utils.console import styled

if TYPE_CHECKING:
    from ganzoo.testing.report import Progress, Report

SHOWN = 3
"""Failures of one check that are printed in full; one fault often shows in every form."""

COLORS = {"passed": "green", "failed": "red", "skipped": "dim", "not run": "yellow"}


def check(
    plugin: Annotated[
        str,
        typer.Argument(
            metavar="PACKAGE|PATH",
            help="An installed plugin, distribution or import package; or a source folder or wheel, installed or not.",
            show_default=False,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--check", help="Only this check; may be given again.", show_default="all"),
    ] = None,
) -> None:
    """Check a plugin against the contract, as the built-in variants are; exit code 1 if something fails."""
    from ganzoo.testing.report import check_plugin

    with _bar(quiet=as_json) as progress:
        report = check_plugin(plugin, only or (), progress)
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)
    if not report.passed:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    console.print(f"{report.distribution} {report.version}, from {report.plugin}")
    rows = []
    for check in report.checks:
        status, results = report.status_of(check), report.results_of(check)
        if results:
            seconds = sum(result.seconds for result in results)
            rows.append((check.name, styled(status, COLORS[status]), str(len(results)), f"{seconds:.1f}"))
    print_table(("check", "status", "count", "seconds"), rows, right=("count", "seconds"))
    unasked = sum(not report.results_of(check) for check in report.checks)
    if unasked:
        console.print(f"{unasked} more checks found nothing to be asked of")
    _print_failures(report)
    for check in report.checks:
        skipped = [result for result in report.results_of(check) if result.status == "skipped"]
        if skipped:
            console.print(f"\n{check.name} was skipped: {skipped[0].seen}")
    count = len(report.results)
    failures = sum(result.status == "failed" for result in report.results)
    end = f"{failures} of {count} cases failed" if failures else f"all {count} cases passed or were skipped"
    console.print(f"\n{end}" if report.results else "\nnothing was checked: it provides nothing that was asked for")


def _print_failures(report: Report) -> None:
    """Each with its reason and fix; checks that failed for reasons that were printed already by name alone."""
    printed: set[str] = set()
    likewise: list[str] = []
    for check in report.checks:
        failed = [result for result in report.results_of(check) if result.status == "failed"]
        reasons = {result.seen.removeprefix(result.subject) for result in failed}
        if failed and reasons <= printed:
            likewise.append(check.name)
            continue
        printed |= reasons
        if failed:
            console.print()
            console.print(styled(check.name, "bold red"), check.why, sep=": ")
        for result in failed[:SHOWN]:
            console.print(f"  {result.seen}")
        if len(failed) > SHOWN:
            console.print(f"  and {len(failed) - SHOWN} more: --json shows all")
    if likewise:
        console.print(f"\nfor the same reasons: {', '.join(likewise)}")


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Progress | None]:
    """A progress bar, drawn on a terminal only."""
    if quiet or not sys.stdout.isatty():
        yield None
        return
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    name = TextColumn("{task.description}", markup=False)
    with Bar(name, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("finding forms", total=None)

        def progress(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield progress
