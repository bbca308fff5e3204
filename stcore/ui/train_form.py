"""The form of a round of training: models, history, steps ahead, effort; everything else under “More settings”."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from stcore import words
from stcore.data import dataset, steps
from stcore.data.panel import Panel, as_panels
from stcore.data.schema import readable
from stcore.errors import ConfigError, StcoreError
from stcore.experiment import (
    BASELINES,
    Experiment,
    ModelEntry,
    SplitConfig,
    TrainingConfig,
    WindowsConfig,
)
from stcore.models import MODELS
from stcore.training import device, planning, speeds
from stcore.ui import forms, opening, parts, pickers, prepare_words, state
from stcore.ui.opened import Opened
from stcore.workflow.outlook import EFFORT, Outlook, outlook

FIRST = ("ridge", "stid")
_MOST_PILLS = 8
Values = dict[str, Any]


@dataclass(frozen=True)
class Basics:
    """What stands in sight."""

    models: list[str]
    lookback: int
    horizon: int
    targets: list[str]
    epochs: int


def panels(data: Opened) -> Mapping[str, Panel]:
    """All panels of a data set."""
    if data.runs == 1:
        return {data.panel.name: data.panel}
    return _panels(data.row.id, data.row.digest, state.owner())


@st.cache_resource(max_entries=2, ttl="2h", show_spinner=False)
def _panels(dataset_id: str, digest: str, owner: str) -> Mapping[str, Panel]:
    return as_panels(dataset.open(dataset_id).panel())


def ask(data: Opened) -> Values:
    """Draw the form; the experiment it describes, as plain values that nobody has checked yet."""
    key = f"train-{data.row.id}"
    begin = opening.begin_with(data.row)
    basics = _basics(data, begin, key)
    with st.expander("More settings", key=f"{key}-more"):
        more = _more(data, basics.models, begin.seed, key)
    return {
        "data": opening.data_of(data.row).model_dump(exclude_none=True),
        "windows": {"lookback": basics.lookback, "horizon": basics.horizon, **more["windows"]},
        "targets": basics.targets,
        "split": more["split"],
        "prepare": more["prepare"],
        "seed": more["seed"],
        "models": [_entry(name, basics.epochs, more) for name in basics.models],
        "intervals": {},
    }


def settle(data: Opened, given: Values) -> tuple[Experiment, Outlook]:
    """Check what the form says against the data.

    Raises:
        ConfigError, DataError, ModelError: it cannot work, with the numbers.
    """
    if not given["models"]:
        raise ConfigError("No model is chosen.", "Tick at least one; STID is the best first choice for many places.")
    for name in ("lookback", "horizon"):
        _at_least_one(name, given.get("windows", {}).get(name))
    experiment = Experiment.parse(given)
    for wanted in {entry.training.get("device", "auto") for entry in experiment.models} - {"auto", "cpu"}:
        device.require(wanted)
    key = (data.row.id, data.row.digest, experiment.digest(), str(speeds.changed()))
    return experiment, _outlook(key, state.owner(), panels(data), experiment)


def _at_least_one(name: str, value: int | None) -> None:
    """Refuse a number of steps in the words of the form; the record would name its key."""
    if value is not None and value < 1:  # None: suggested from the data
        field = WindowsConfig.model_fields[name]
        raise ConfigError(f"{field.title} must be at least 1 step, not {value}.", str(field.description))


@st.cache_resource(max_entries=32, ttl="2h", show_spinner=False)
def _outlook(key: tuple[str, ...], owner: str, _panels: Mapping[str, Panel], _experiment: Experiment) -> Outlook:
    return outlook(_panels, _experiment)


def _basics(data: Opened, begin: Experiment, key: str) -> Basics:
    targets = _targets(data, begin.targets, key)
    first = planning.choose_windows(
        panels(data), tuple(targets) or data.panel.features[:1], begin.windows, SplitConfig()
    )
    titles = _titles()
    common = {name: title for name, title in titles.items() if MODELS[name].common}
    models = pickers.pills("Models", common, f"{key}-models", [name for name in FIRST if name in MODELS])
    others = [name for name in titles if name not in common]
    models += st.multiselect(
        "More models", others, format_func=lambda name: titles[name], key=f"{key}-others", placeholder="None",
        help="Less usual ones, some of them slow; each is described below once it is chosen.",
    )  # fmt: skip
    with parts.row():
        lookback = _steps("lookback", int(first.lookback or 1), key)
        horizon = _steps("horizon", int(first.horizon or 1), key)
        epochs = _epochs(key)
    return Basics(models, lookback, horizon, targets, epochs)


def _titles() -> dict[str, str]:
    """The models that can be ticked; baselines are always there."""
    return {name: spec.title for name, spec in MODELS.items() if name not in BASELINES}


def _steps(name: str, suggested: int, key: str) -> int:
    """History used or steps ahead, as a number of steps."""
    field = WindowsConfig.model_fields[name]
    chosen = st.number_input(
        forms.label(field),
        value=suggested,
        step=1,
        key=f"{key}-{name}",
        width=170,
        help=f"{field.description} Suggested for these data: {suggested}.",
    )
    return int(chosen) if chosen is not None else suggested


def _epochs(key: str) -> int:
    """Epochs, by effort or as a number."""
    options = {**{name: words.sentence(name) for name in EFFORT}, "own": "Own"}
    effort = pickers.segmented("Effort", options, f"{key}-effort", "normal")
    if effort in EFFORT:
        return EFFORT[effort]
    field = TrainingConfig.model_fields["epochs"]
    chosen = st.number_input(
        "Epochs",
        value=int(field.default),
        min_value=1,
        max_value=10_000,
        step=1,
        key=f"{key}-epochs",
        width=130,
        help=field.description,
    )
    return int(chosen or 1)


def _targets(data: Opened, begin: list[str] | None, key: str) -> list[str]:
    """The values to forecast; a choice only where there are several. At first those of ``begin``, else all."""
    schema = data.panel.schema
    names = [name for name in data.panel.features if not schema[name].known_ahead] or list(data.panel.features)
    if len(names) == 1:
        return names
    shown = {name: words.short(words.sentence(readable(name)), 30) for name in names}
    if len(names) <= _MOST_PILLS:
        return pickers.pills("Values to forecast", shown, f"{key}-targets", begin) or names
    chosen = st.multiselect(
        "Values to forecast", names, begin or names[:1], format_func=lambda name: shown[name], key=f"{key}-targets"
    )
    return chosen or names[:1]


def _more(data: Opened, models: list[str], seed: int, key: str) -> Values:
    """Every other setting, from the records that declare them."""
    parts.heading("Training", "For the models that are trained in epochs.")
    training = forms.edit(TrainingConfig, f"{key}-t", leave_out=("epochs", "device"), columns=4, folded=False)
    own: dict[str, Values] = {}
    for name in models:
        if MODELS[name].settings.model_fields:
            parts.heading(MODELS[name].title, "Its own settings.")
            own[name] = forms.edit(MODELS[name].settings, f"{key}-{name}", columns=4, folded=False)
    parts.heading("Answer and data", "How a forecast is given, what is learnt from, and where chance begins.")
    answer = forms.edit(ModelEntry, f"{key}-a", leave_out=("name", "as_"), columns=4)
    left, middle, right = st.columns([2, 2, 4], gap="medium")
    with left:
        kept = dataset.open(data.row.id).windows.model_dump()
        apart = forms.edit(WindowsConfig, f"{key}-w", kept, ("lookback", "horizon"), columns=1, folded=False)
    with middle:
        chance = forms.edit(Experiment, f"{key}-s", {"seed": seed}, leave_out=("schema_version", "targets"), columns=1)
    with right:
        prepare = _prepare(data, key)
    split = forms.edit(SplitConfig, f"{key}-split", leave_out=("test",), columns=4)
    chosen = _device(key)
    return {
        "training": training,
        "device": chosen,
        "own": own,
        "answer": answer,
        "windows": apart,
        "prepare": prepare,
        "seed": chance.get("seed", 0),
        "split": _split(split),
    }


def _prepare(data: Opened, key: str) -> Values:
    """How values are prepared: as the data set keeps it, with the way to change it."""
    kept = dataset.open(data.row.id).prepare
    parts.text(prepare_words.summary(data, kept), small=True)
    if st.button("Prepare otherwise", key=f"{key}-prepare"):
        state.go("prepare")
    return kept.model_dump(mode="json", exclude_defaults=True)


def _split(given: Values) -> Values:
    """The three shares; what is not for learning and tuning is for the test."""
    if not given:
        return {}
    plain = SplitConfig()
    train, validation = given.get("train", plain.train), given.get("validation", plain.validation)
    return {"train": train, "validation": validation, "test": round(1 - train - validation, 9)}


def _device(key: str) -> str:
    """Where training runs: a choice where there are several, else one line that names it."""
    there = _devices()
    if len(there) == 1:
        parts.text(f"Trains on: {there[0].words}.", small=True)
        return "auto"
    options = {"auto": f"Automatic: {there[0].words}", **{one.name: one.words for one in there}}
    field = TrainingConfig.model_fields["device"]
    return st.selectbox(
        "Device",
        list(options),
        format_func=lambda name: options.get(name, name),
        key=f"{key}-device",
        help=field.description,
    )


@st.cache_resource(ttl="15s", show_spinner=False)
def _devices() -> list[device.Device]:
    return device.available()


def _entry(name: str, epochs: int, more: Values) -> Values:
    """One model of the experiment; a setting that means nothing to it is left out."""
    spec = MODELS[name]
    training = {**more["training"], "epochs": epochs} if spec.fitted_by == "gradient" else {}
    if more["device"] != "auto":
        training["device"] = more["device"]
    answer = dict(more["answer"])
    if answer.get("head", "point") not in spec.heads:
        answer.pop("head")
    return {"name": name, "settings": more["own"].get(name, {}), "training": training, **answer}


def about_models(chosen: Outlook | None) -> None:
    """The usual models and those that are chosen: what each is, when to use it, and about how long it takes."""
    rows = []
    for name in _titles():
        spec = MODELS[name]
        if not spec.common and name not in (*(chosen.seconds if chosen else ()), *(chosen.refused if chosen else ())):
            continue
        takes = chosen.seconds.get(name) if chosen else None
        why = chosen.refused.get(name, "") if chosen else ""
        told = parts.join([spec.summary, " ", parts.strong(why, "bad")]) if why else spec.summary
        on = takes is not None
        rows.append(
            [
                parts.strong(spec.title) if on else spec.title,
                told if on else parts.muted(told),
                "" if takes is None else _rough(takes),
            ]
        )
    parts.table(
        [
            parts.Column("Model"),
            parts.Column("What it is, and when to use it"),
            parts.Column("Takes about", number=True),
        ],
        rows,
        caption="Models",
    )


def _rough(seconds: float) -> str:
    return "a moment" if seconds < 3 else words.lasting(seconds)


def facts(settled: Outlook) -> str:
    """“Learns from 16 Feb – 5 Mar, tunes on 6–8 Mar, is tested on 9–15 Mar.”"""
    spans, step = settled.spans, settled.step
    days = (spans.test[1] - spans.train[0]).days
    said = words.span if days >= 4 else lambda start, end: words.stretch(start, end, step)
    tuned = f", tunes on {said(*spans.validation)}" if spans.validation else ""
    return f"Learns from {said(*spans.train)}{tuned}, is tested on {said(*spans.test)}."


def promise(data: Opened, settled: Outlook, experiment: Experiment) -> tuple[list[object], str]:
    """The sentence before the start, and its small print."""
    names = [MODELS[entry.name].title for entry in experiment.models if entry.label in settled.plans]
    places = words.count(len(data.panel.locations), data.place)
    begin = words.count(settled.start_times, "start time")
    sentence: list[object] = [
        parts.strong(words.listing(names, most=5)),
        f" will learn from {begin} at {places}, in about ",
        parts.strong(words.lasting(settled.total_s)),
        " on one core.",
    ]
    first = next(iter(settled.plans.values()))
    see, reach = (steps.describe_span(count, data.panel.step) for count in (first.lookback, first.horizon))
    share = min(plan.share for plan in settled.plans.values())
    sampled = f" Networks look at {words.percent(share)} of it, drawn at random." if share < 0.995 else ""
    return sentence, f"A forecast sees the last {see} and reaches {reach} ahead.{sampled}"


def facts_of(data: Opened, payload: Mapping[str, Any], title: str) -> str:
    """The same of a round that was started before; its title where the data have changed since."""
    try:
        return facts(settle(data, dict(payload["experiment"]))[1])
    except StcoreError:
        return title


def reason(error: StcoreError | None) -> tuple[str, str]:
    """Message and hint of a refusal."""
    return (error.message, error.hint) if error else ("Nothing can be trained.", "Choose a model.")
