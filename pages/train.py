"""Train: choose models, start, watch; the next round can be prepared while one runs."""

import streamlit as st

from stcore import words
from stcore.errors import StcoreError
from stcore.experiment import Experiment
from stcore.operations import jobs, store
from stcore.ui import frame, parts, pickers, results, state, train_budget, train_form, train_round, train_view
from stcore.ui.opened import Opened, opened
from stcore.workflow.outlook import Outlook

ALWAYS = "The last value and the same time last season come with every round."


def start(data: Opened, experiment: Experiment) -> None:
    """Queue the round; show it, unless another one is being watched."""
    names = words.listing([results.title(entry.label) for entry in experiment.models], most=4)
    run, job = jobs.submit_training(data.row.id, experiment, names, state.owner())
    watched = train_view.job_of(data.row.id)
    if watched is None or not watched.active or watched.id == job:
        state.choose("run", run)
    st.rerun()


def form(data: Opened) -> tuple[Experiment | None, Outlook | None, StcoreError | None]:
    """The settings: what they say, what that means, or why it cannot work."""
    given = train_form.ask(data)
    try:
        experiment, settled = train_form.settle(data, given)
    except StcoreError as error:
        train_form.about_models(None)
        return None, None, error
    train_budget.dial(data, train_form.panels(data), experiment)
    train_form.about_models(settled)
    train_budget.timing(data, experiment, settled)
    return experiment, settled, None


def next_round(data: Opened, title: str, second: str, button: str) -> None:
    """Another round, prepared below the one that is shown."""
    with parts.panel(title, second, key="train-form", fill=False):
        experiment, settled, wrong = form(data)
        if wrong is not None or experiment is None or settled is None:
            parts.error(*train_form.reason(wrong))
            return
        sentence, small = train_form.promise(data, settled, experiment)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(width="stretch"):
                parts.text(parts.join(sentence))
                parts.text(small, small=True)
            if st.button(button, key="train-next"):
                start(data, experiment)


def first(data: Opened) -> None:
    """Nothing was trained yet: the form is the page."""
    head, answer = st.container(), st.container()
    with parts.panel("Prepare a round", ALWAYS, key="train-form", fill=False):
        experiment, settled, wrong = form(data)
    with head:
        actions = frame.header("Train", data.row.name, train_form.facts(settled) if settled else data.facts)
    with answer:
        if wrong is not None or settled is None or experiment is None:
            parts.error(*train_form.reason(wrong), heading="This round cannot start")
        else:
            sentence, small = train_form.promise(data, settled, experiment)
            parts.verdict(*sentence, small=small)
            for finding in settled.findings:
                parts.finding(finding.severity, finding.message, finding.suggestion, finding.where)
    if (
        actions.button("Start", type="primary", key="train-start", disabled=wrong is not None)
        and experiment is not None
    ):
        start(data, experiment)


def watched(data: Opened, job: jobs.Job) -> None:
    """A round that waits or runs."""
    actions = frame.header("Train", data.row.name, train_form.facts_of(data, job.payload, job.title))
    if actions.button("Stop", key="train-stop", disabled=job.cancel_asked is not None):
        jobs.cancel(job.id, state.owner())
        st.rerun()
    train_view.live(job.id, train_view.unit(data, job))
    next_round(data, "Prepare the next round", "It starts when this one is done.", "Add to queue")


def ended(data: Opened, job: jobs.Job) -> None:
    """A round that is over: its result, or why there is none."""
    run = str(job.run)
    work = results.work(store.run(run, state.owner()))
    progress = jobs.progress(job.id, state.owner())
    actions = frame.header("Train", data.row.name, train_form.facts_of(data, job.payload, job.title))
    if job.error:
        parts.error(job.error["message"], job.error["hint"], job.error.get("reference", ""), changed=True)
    else:
        sentence, small = train_view.outcome(work, progress)
        parts.verdict(*sentence, small=small)
    if job.can_retry:
        if actions.button("Go on", type="primary", key="train-retry"):
            jobs.retry(job.id, state.owner())
            st.rerun()
    else:
        if actions.button("Compare", key="train-compare"):
            state.go("compare", run=run)
        if actions.button("See forecast", type="primary", key="train-forecast"):
            state.go("forecast", run=run)
    train_round.show(job, progress, train_view.unit(data, job))
    next_round(data, "Prepare another round", ALWAYS, "Start")


row = pickers.dataset("Train")
data = opened(row)
job = train_view.job_of(row.id)
if job is None:
    first(data)
elif job.active:
    watched(data, job)
else:
    ended(data, job)
