"""What goes wrong on a page is shown in words; tracebacks go to the log only."""

from __future__ import annotations

import logging

import pytest
from streamlit.testing.v1 import AppTest


def _known() -> None:
    from stcore.errors import DataError
    from stcore.ui import guard

    with guard.shown():
        raise DataError("Sensor <b>472</b> has 12 values.", "Leave it out.")


def _unknown() -> None:
    from stcore.ui import guard

    with guard.shown():
        raise KeyError("secret detail")


def _stop() -> None:
    import streamlit as st

    from stcore.ui import guard

    with guard.shown():
        st.stop()


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_an_error_for_people_shows_message_and_hint() -> None:
    app = AppTest.from_function(_known).run()
    assert not app.exception
    assert "Sensor &lt;b&gt;472&lt;/b&gt; has 12 values." in html(app)
    assert "Leave it out." in html(app)


def test_an_unknown_error_shows_a_reference_that_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="stcore.ui"):
        app = AppTest.from_function(_unknown).run()
    assert not app.exception
    assert "secret detail" not in html(app)
    assert "Traceback" not in html(app)
    reference = caplog.records[-1].getMessage().split()[-1]
    assert reference in html(app)
    assert caplog.records[-1].exc_info is not None


def test_streamlits_own_control_flow_passes() -> None:
    app = AppTest.from_function(_stop).run()
    assert not app.exception
    assert "went wrong" not in html(app)


def _late() -> None:
    from stcore.errors import DataError
    from stcore.ui import frame, guard

    with guard.shown("Forecast"):
        frame.header("Forecast", "City")
        raise DataError("Nothing there.", "Choose another one.")


def test_the_header_stands_once() -> None:
    assert html(AppTest.from_function(_late).run()).count("<h1>") == 1
