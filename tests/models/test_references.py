"""Recurrent and convolutional layers against slow loops written from their equations, with the same weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from stcore.models.cnn3d import Cnn3dSettings
from stcore.models.contract import Shapes
from stcore.models.conv_lstm import ConvLstmSettings
from stcore.models.gru import GruSettings
from stcore.models.lstm import LstmSettings
from stcore.models.nets.around import Field
from stcore.models.nets.cnn3d import Cnn3d
from stcore.models.nets.conv_lstm import ConvLstm, ConvLstmCell
from stcore.models.nets.gru import Gru
from stcore.models.nets.lstm import Lstm
from stcore.models.surroundings import Surroundings

SHAPES = Shapes(lookback=4, horizon=2, locations=30, features=2, targets=1, future=0, slots=())
ROWS, COLUMNS = 5, 6
CLOSE = {"rtol": 1e-5, "atol": 1e-8}
Weights = dict[str, np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def weights(layer: torch.nn.Module) -> Weights:
    return {name: tensor.detach().numpy() for name, tensor in layer.named_parameters()}


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def grid() -> Surroundings:
    """Every cell of the grid is a place."""
    cells = np.stack([np.arange(ROWS * COLUMNS)] * 2)
    ones = np.ones(ROWS * COLUMNS, np.float32)
    shape = np.array([ROWS, COLUMNS])
    return replace(Surroundings.none(), shape=shape, into=cells, into_weight=ones, back=cells, back_weight=ones)


# recurrent --------------------------------------------------------------------------------------------------------


def lstm_layer(steps: np.ndarray, w: Weights, layer: int) -> np.ndarray:
    """Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000: steps [L, D] -> states [L, hidden].

    i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c').
    """
    size = len(w[f"weight_hh_l{layer}"]) // 4
    inputs = dict(zip("ifgo", np.split(w[f"weight_ih_l{layer}"], 4), strict=True))
    states = dict(zip("ifgo", np.split(w[f"weight_hh_l{layer}"], 4), strict=True))
    offset = dict(zip("ifgo", np.split(w[f"bias_ih_l{layer}"] + w[f"bias_hh_l{layer}"], 4), strict=True))
    hidden, cell, out = np.zeros(size), np.zeros(size), []
    for step in steps:
        asked = {gate: inputs[gate] @ step + states[gate] @ hidden + offset[gate] for gate in "ifgo"}
        cell = sigmoid(asked["f"]) * cell + sigmoid(asked["i"]) * np.tanh(asked["g"])
        hidden = sigmoid(asked["o"]) * np.tanh(cell)
        out.append(hidden)
    return np.stack(out)


def gru_layer(steps: np.ndarray, w: Weights, layer: int) -> np.ndarray:
    """Cho et al. 2014, version 3, the reset gate after the product with the state: steps [L, D] -> states [L, hidden].

    r, z = sigmoid(W x + U h + b), n = tanh(W x + b + r (U h + b)), h' = (1 - z) n + z h.
    """
    (wr, wz, wn), (ur, uz, un) = (np.split(w[f"weight_{kind}_l{layer}"], 3) for kind in ("ih", "hh"))
    (br, bz, bn), (cr, cz, cn) = (np.split(w[f"bias_{kind}_l{layer}"], 3) for kind in ("ih", "hh"))
    hidden, out = np.zeros(len(wr)), []
    for step in steps:
        reset, update = sigmoid(wr @ step + br + ur @ hidden + cr), sigmoid(wz @ step + bz + uz @ hidden + cz)
        new = np.tanh(wn @ step + bn + reset * (un @ hidden + cn))
        hidden = (1 - update) * new + update * hidden
        out.append(hidden)
    return np.stack(out)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    ("network", "settings", "reference"),
    [(Lstm, LstmSettings, lstm_layer), (Gru, GruSettings, gru_layer)],
    ids=["lstm", "gru"],
)
def test_a_recurrent_reader_follows_its_equations(network: Any, settings: Any, reference: Any, layers: int) -> None:
    torch.manual_seed(0)
    built = network(settings(hidden=5, layers=layers), SHAPES).double()
    sequence = drawn(2, 3, 9, 2 * SHAPES.features)
    found = built.encode(torch.from_numpy(sequence), None).detach().numpy()
    known = weights(built.reader)
    for window, place in np.ndindex(2, 3):
        steps = sequence[window, place]
        for layer in range(layers):
            steps = reference(steps, known, layer)
        np.testing.assert_allclose(found[window, place], steps[-1], **CLOSE)


# convolutions -----------------------------------------------------------------------------------------------------


def convolution(field: np.ndarray, weight: np.ndarray, bias: np.ndarray, spread: int = 1) -> np.ndarray:
    """field [in, ...] -> [out, ...], zeros beyond the edge: out(p) = bias + sum over taps q of weight(q) field(p + q)."""
    size, kernel = field.shape[1:], weight.shape[2:]
    out = np.empty((len(weight), *size))
    for position in np.ndindex(*size):
        total = bias.copy()
        for tap in np.ndindex(*kernel):
            at = tuple(p + spread * (q - k // 2) for p, q, k in zip(position, tap, kernel, strict=True))
            if all(0 <= a < s for a, s in zip(at, size, strict=True)):
                total = total + weight[(slice(None), slice(None), *tap)] @ field[(slice(None), *at)]
        out[(slice(None), *position)] = total
    return out


def field_around(picture: np.ndarray, w: Weights) -> np.ndarray:
    """``Field``: 3 x 3, then twice x = max(0, x + b(max(0, a(x)))), the second time with every second cell."""

    def layer(name: str, seen: np.ndarray, spread: int = 1) -> np.ndarray:
        return convolution(seen, w[f"{name}.weight"], w[f"{name}.bias"], spread)

    picture = np.maximum(layer("inlet", picture), 0)
    for pair, spread in enumerate((1, 2)):
        inner = np.maximum(layer(f"pairs.{pair}.0", picture, spread), 0)
        picture = np.maximum(picture + layer(f"pairs.{pair}.2", inner, spread), 0)
    return picture


def test_the_field_around_a_cell_is_a_convolution_and_two_residual_pairs() -> None:
    torch.manual_seed(0)
    built = Field(3, 4).double()
    picture = drawn(1, 3, ROWS, COLUMNS)
    found = built(torch.from_numpy(picture))[0].detach().numpy()
    np.testing.assert_allclose(found, field_around(picture[0], weights(built)), **CLOSE)


def test_a_volume_is_read_by_filters_over_time_rows_and_columns() -> None:
    torch.manual_seed(0)
    built = Cnn3d(Cnn3dSettings(hidden=8, layers=2), SHAPES, grid()).double()
    fields = drawn(1, SHAPES.lookback, built.channels, ROWS, COLUMNS)
    found = built.read(torch.from_numpy(fields), None)[0].detach().numpy()  # type: ignore[arg-type]
    known = weights(built.volume)
    volume = fields[0].swapaxes(0, 1)
    for layer in ("0", "2"):
        volume = np.maximum(convolution(volume, known[f"{layer}.weight"], known[f"{layer}.bias"]), 0)
    flat = volume.reshape(-1, ROWS, COLUMNS)  # a filter's steps one after the other
    np.testing.assert_allclose(found, field_around(flat, weights(built.field)), **CLOSE)


def conv_lstm_step(step: np.ndarray, hidden: np.ndarray, cell: np.ndarray, w: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Shi et al. 2015 without peepholes: gates by one convolution over input and state."""
    i, f, o, g = np.split(convolution(np.concatenate([step, hidden]), w["gates.weight"], w["gates.bias"]), 4)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


def test_a_conv_lstm_cell_follows_its_equations() -> None:
    torch.manual_seed(0)
    built = ConvLstmCell(3, 4).double()
    step, hidden, cell = drawn(2, 3, ROWS, COLUMNS), drawn(2, 4, ROWS, COLUMNS), drawn(2, 4, ROWS, COLUMNS)
    found = built(torch.from_numpy(step), (torch.from_numpy(hidden), torch.from_numpy(cell)))
    for window in range(2):
        known = conv_lstm_step(step[window], hidden[window], cell[window], weights(built))
        for one, other in zip(found, known, strict=True):
            np.testing.assert_allclose(one[window].detach().numpy(), other, **CLOSE)


def test_conv_lstm_reads_the_fields_from_the_oldest_to_the_newest() -> None:
    torch.manual_seed(0)
    built = ConvLstm(ConvLstmSettings(hidden=4), SHAPES, grid()).double()
    fields = drawn(1, SHAPES.lookback, built.channels, ROWS, COLUMNS)
    found = built.read(torch.from_numpy(fields), None)[0].detach().numpy()  # type: ignore[arg-type]
    hidden = cell = np.zeros((4, ROWS, COLUMNS))
    for step in fields[0]:
        hidden, cell = conv_lstm_step(step, hidden, cell, weights(built.reader))
    np.testing.assert_allclose(found, field_around(hidden, weights(built.field)), **CLOSE)
