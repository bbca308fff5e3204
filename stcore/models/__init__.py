"""The registry of models: one architecture a file, one line here."""

from __future__ import annotations

from stcore.models import (
    arima,
    climatology,
    cnn,
    cnn3d,
    cnn3d_cnn_lstm,
    cnn_lstm,
    conv_lstm,
    dlinear,
    ets,
    graph_wavenet,
    gru,
    hugging_face,
    lightgbm,
    linear,
    low_rank,
    lstm,
    lstm_cnn_lstm,
    multiscale_cnn,
    naive,
    nhits,
    nlinear,
    patchtst,
    resnet,
    st_resnet,
    stid,
    stmix,
    tcn,
    tgcn,
    tsmixer,
)  # fmt: skip
from stcore.models.contract import ModelSpec
from stcore.registry import Registry

MODELS: Registry[ModelSpec] = Registry("model")
for spec in (
    naive.PERSISTENCE, naive.SEASONAL_NAIVE, naive.HISTORICAL_AVERAGE, naive.DRIFT, climatology.SPEC, linear.RIDGE, low_rank.SPEC, lightgbm.SPEC, ets.SPEC, arima.SPEC, dlinear.SPEC, nlinear.SPEC, lstm.SPEC, gru.SPEC, cnn.SPEC,
    multiscale_cnn.SPEC, tcn.SPEC, resnet.SPEC, cnn_lstm.SPEC, lstm_cnn_lstm.SPEC, cnn3d.SPEC, conv_lstm.SPEC, st_resnet.SPEC, cnn3d_cnn_lstm.SPEC, stid.SPEC, stmix.SPEC, tgcn.SPEC, graph_wavenet.SPEC, tsmixer.SPEC, nhits.SPEC,
    patchtst.SPEC, hugging_face.SPEC,
):  # fmt: skip
    MODELS.add(spec.name, spec)


def list_models() -> Registry[ModelSpec]:
    """Registry of models: name -> spec (title, when to use, needs, settings schema)."""
    return MODELS
