"""A form from a declaration: titles, bounds, advanced settings, only what differs."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _form() -> None:
    import streamlit as st

    from stcore.experiment import TrainingConfig
    from stcore.ui import forms

    st.session_state["out"] = forms.edit(TrainingConfig, "t")


def _windows() -> None:
    import streamlit as st

    from stcore.experiment import WindowsConfig
    from stcore.ui import forms

    st.session_state["out"] = forms.edit(WindowsConfig, "w", {"horizon": 6})


def test_titles_units_and_defaults_come_from_the_declaration() -> None:
    app = AppTest.from_function(_form).run()
    assert not app.exception
    labels = [box.label for box in app.number_input]
    assert "Epochs" in labels
    assert "Batch, windows" in labels
    assert app.session_state["out"] == {}


def test_only_what_differs_is_returned() -> None:
    app = AppTest.from_function(_form).run()
    app.number_input(key="t-epochs").set_value(7).run()
    assert app.session_state["out"] == {"epochs": 7}


def test_advanced_settings_are_behind_more() -> None:
    app = AppTest.from_function(_form).run()
    assert [box.label for box in app.expander] == ["More settings"]
    assert "t-patience" in [box.key for box in app.expander[0].number_input]
    assert "t-epochs" not in [box.key for box in app.expander[0].number_input]


def test_a_setting_left_open_stays_open() -> None:
    app = AppTest.from_function(_windows).run()
    assert app.number_input(key="w-lookback").value is None
    assert app.session_state["out"] == {"horizon": 6}
