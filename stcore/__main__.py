"""The command line: ``python -m stcore ...``. Every command is one call of a public name of ``stcore``.

Exit codes: 0 done; 2 bad input or settings (message and hint on stderr); 1 anything else. ``--debug`` anywhere shows
the traceback of an error that nobody foresaw; without it, it goes to ``errors.log`` in the home folder.
"""

from __future__ import annotations

import json
import sys
import traceback
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import stcore
from stcore import terminal
from stcore.errors import NotYet, StcoreError, TrainingError, masked
from stcore.evaluation import advice
from stcore.settings import prepare_home

app = typer.Typer(
    help="Forecast, map and watch spatio-temporal data.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
DataFile = Annotated[
    str, typer.Argument(metavar="DATA", help="A table of times and values: file, folder, pattern or address.")
]
OutFile = Annotated[Path, typer.Option("-o", "--out", help="File to write (.csv, .csv.gz or .parquet).")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing while it works.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command()
def inspect(
    data: DataFile,
    as_json: AsJson = False,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    query: Annotated[str | None, typer.Option(help="SELECT that a database is asked.")] = None,
    places: Annotated[str | None, typer.Option(help="Second file with coordinates by place.")] = None,
) -> None:
    """Say what is in a file: columns and their roles, step, gaps, findings. Stores nothing."""
    asked = {"sheet": sheet, "query": query, "places": places}
    report = stcore.inspect(data, {key: value for key, value in asked.items() if value is not None})
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo("\n".join(terminal.report_lines(report)))


@app.command()
def run(
    experiment: Annotated[Path, typer.Argument(metavar="EXPERIMENT.yaml", help="What to do; see README.md.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for results; made when missing.")],
    quiet: Quiet = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in the same folder.")] = False,
) -> None:
    """Train and compare the models of an experiment file and write results, weights and tables to a folder."""
    with terminal.Progress(quiet=quiet) as progress:
        result = stcore.run(stcore.Experiment.load(experiment), out=out, progress=progress, resume=resume)
    if not quiet:
        typer.echo(terminal.leaderboard(result.metrics))
        if result.recommended:
            typer.echo(f"\n{advice(result.recommended)}")
        typer.echo(f"\nWritten to {out}")


@app.command()
def forecast(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="Folder of a trained model (DIR/models/NAME).")],
    data: DataFile,
    out: OutFile,
    quiet: Quiet = False,
) -> None:
    """Forecast the steps beyond the end of a file with a trained model."""
    fitted = stcore.load(model)
    told = fitted.run.data
    panel = stcore.read(data, roles=told, step=told.step, by=told.by, clock=told.clock)
    finish(stcore.forecast(fitted, panel), out, quiet)


@app.command()
def detect(
    data: DataFile,
    out: OutFile,
    detector: Annotated[str, typer.Option(help="Name from `python -m stcore detectors`.")] = "auto",
    quiet: Quiet = False,
) -> None:
    """Score how strange every step of a file is and mark those above the threshold."""
    finish(stcore.detect(stcore.read(data), detector=detector), out, quiet)


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the forecasting models that can be named in an experiment."""
    list_specs(stcore.list_models(), as_json)


@app.command()
def detectors(as_json: AsJson = False) -> None:
    """List the anomaly detectors."""
    list_specs(stcore.list_detectors(), as_json)


@app.command()
def datasets(as_json: AsJson = False) -> None:
    """List the saved datasets."""
    saved = [{"id": dataset.id, "name": dataset.name} for dataset in stcore.datasets()]
    if as_json:
        typer.echo(json.dumps(saved, ensure_ascii=False, indent=2))
        return
    for dataset in saved:
        typer.echo(f"{dataset['id']}  {terminal.plain(dataset['name'])}")
    if not saved:
        typer.echo(
            "No datasets yet. Start the dashboard with `make run` and drop a file, or call stcore.save(panel, name)."
        )


@app.command(context_settings=ANY_ARGUMENTS)
def worker(context: typer.Context) -> None:
    """Work on queued jobs of the store until told to stop."""
    from stcore.operations.jobs.worker import main as work

    raise typer.Exit(work(list(context.args)) or 0)


@app.command(context_settings=ANY_ARGUMENTS)
def api() -> NoReturn:
    """Serve models over HTTP (a later version)."""
    not_yet(
        "The REST service",
        "forecast with a stored model from the command line: python -m stcore forecast MODEL_DIR DATA -o OUT.csv",
    )


@app.command(context_settings=ANY_ARGUMENTS)
def token() -> NoReturn:
    """Make an access token for the REST service (a later version)."""
    not_yet("Making access tokens", "nothing here asks for one: the dashboard listens on this machine only")


@app.command(context_settings=ANY_ARGUMENTS)
def feed() -> NoReturn:
    """Take in live observations (a later version)."""
    not_yet("Following a live feed", "load the grown file again and forecast from its new end")


@app.command(context_settings=ANY_ARGUMENTS)
def pretrain() -> NoReturn:
    """Make the weights that ship with Fieldcast (a later version)."""
    not_yet("Pretraining", "train on your own data: python -m stcore run EXPERIMENT.yaml -o DIR")


def not_yet(what: str, instead: str) -> NoReturn:
    raise NotYet(f"{what} is not part of this version.", f"Until then, {instead}.")


def finish(result: Any, out: Path, quiet: bool) -> None:
    """Write the table of a result; several series (runs, machines) stand below each other, named in a first column."""
    import pandas as pd

    from stcore.data.export import write_table

    if isinstance(result, Mapping):
        named = {name: one.to_frame() for name, one in result.items()}
        frame = pd.concat(named, names=["series"]).reset_index("series") if named else pd.DataFrame()
    else:
        frame = result.to_frame()
    write_table(frame, out)
    if not quiet:
        typer.echo(f"{len(frame):,} rows written to {out}")


def list_specs(specs: Mapping[str, Any], as_json: bool) -> None:
    """Name, title and purpose of everything registered, with the settings schema as JSON."""
    described = {name: describe(spec) for name, spec in specs.items()}
    if as_json:
        typer.echo(json.dumps(described, ensure_ascii=False, indent=2, default=str))
        return
    width = max(map(len, described), default=0)
    for name, spec in described.items():
        typer.echo(f"{name:<{width}}  {spec['title']}: {spec['when']}")


def describe(spec: Any) -> dict[str, Any]:
    """What lists show of a model or a detector."""
    schema = spec.settings.model_json_schema()
    return {"title": spec.title, "when": spec.summary, "needs": sorted(spec.needs), "settings": schema}


def say(message: str, hint: str) -> None:
    typer.echo(f"error: {terminal.plain(message)}\n  -> {terminal.plain(hint)}", err=True)


def note_down(debug: bool) -> str:
    """Keep the traceback of the current error (on stderr with ``--debug``); returns where it can be found."""
    if debug:
        traceback.print_exc()
        return "The traceback stands above."
    reference = uuid.uuid4().hex[:8]
    try:
        log = prepare_home() / "errors.log"
        with log.open("a", encoding="utf-8") as file:
            file.write(f"--- {reference}: {masked(' '.join(sys.argv[1:]))}\n{masked(traceback.format_exc())}\n")
    except (StcoreError, OSError):
        return "Run it again with --debug to see where."
    return f"Reference {reference} in {log}; --debug shows the same here."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        app([word for word in given if word != "--debug"], prog_name="python -m stcore")
    except SystemExit as end:  # typer ends every command with one; wrong commands and options end with 2
        return end.code if isinstance(end.code, int) else 0
    except StcoreError as error:
        say(error.message, error.hint)
        return 1 if isinstance(error, TrainingError) else 2
    except Exception as error:  # noqa: BLE001 - the last guard: whatever it is, a person gets a sentence and a reference
        where = note_down(debug)
        say(f"Something went wrong that should not ({type(error).__name__}: {masked(str(error))[:200]}).", where)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
