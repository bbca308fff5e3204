"""Layers that look at other places against loops over edges and cells."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import torch

from stcore.data.panel import Panel
from stcore.models.nets import around
from stcore.models.nets.around import Anchors, Cells, Learnt, Neighbours, closest, near_order
from stcore.models.surroundings import Surroundings
from stcore.training.planning import plan
from stcore.training.surrounding import surroundings
from tests.panels import daily_wave, on_grid

PLACES = 9
SOME = np.array([0, 2, 3, 7])
LONELY = 4  # no edge leads there
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def network(seed: int = 0) -> Surroundings:
    """Directed edges of all weights; none leads to one place."""
    draw = np.random.default_rng(seed)
    edges = np.argwhere(draw.random((PLACES, PLACES)) < 0.5).T
    edges = edges[:, (edges[0] != edges[1]) & (edges[1] != LONELY)]
    weight = draw.uniform(0.1, 2, edges.shape[1]).astype(np.float32)
    return replace(Surroundings.none(), edges=edges, weight=weight)


def hidden_of(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    weight = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(weight / weight.sum(axis=axis, keepdims=True))


# along edges ------------------------------------------------------------------------------------------------------


def mean_over_edges(known: Surroundings, hidden: np.ndarray, location: np.ndarray, back: bool) -> np.ndarray:
    """[N, D]: for each place the weighted mean of what stands at the other ends of the edges that lead to it."""
    row = {place: number for number, place in enumerate(location)}
    out, total = np.zeros_like(hidden), np.zeros(len(location))
    for (start, end), weight in zip(known.edges.T, known.weight, strict=True):
        source, target = (end, start) if back else (start, end)
        if source in row and target in row:
            out[row[target]] += weight * hidden[row[source]]
            total[row[target]] += weight
    return out / np.maximum(total, 1e-9)[:, None]


@pytest.mark.parametrize("most_dense", [2000, 0], ids=["dense", "sparse"])
@pytest.mark.parametrize("location", [np.arange(PLACES), SOME], ids=["all", "some"])
@pytest.mark.parametrize("back", [False, True])
def test_neighbours_are_the_weighted_mean_over_edges(
    monkeypatch: pytest.MonkeyPatch, most_dense: int, location: np.ndarray, back: bool
) -> None:
    monkeypatch.setattr(around, "MOST_PAIRED", most_dense)
    known = network()
    layer = Neighbours(known, PLACES, back)
    assert layer.matrix.is_sparse == (most_dense == 0)
    hidden = hidden_of(2, 3, len(location), 5)
    found = layer(hidden, torch.from_numpy(location)).numpy()
    for first, second in np.ndindex(2, 3):
        reference = mean_over_edges(known, hidden[first, second].numpy(), location, back)
        np.testing.assert_allclose(found[first, second], reference, **CLOSE)


@pytest.mark.parametrize("most_dense", [2000, 0], ids=["dense", "sparse"])
def test_what_is_the_same_everywhere_stays_and_a_place_without_neighbours_hears_nothing(
    monkeypatch: pytest.MonkeyPatch, most_dense: int
) -> None:
    monkeypatch.setattr(around, "MOST_PAIRED", most_dense)
    found = Neighbours(network(), PLACES)(torch.full((PLACES, 1), 3.0), torch.arange(PLACES)).squeeze(1).numpy()
    np.testing.assert_allclose(np.delete(found, LONELY), 3.0, rtol=1e-6)
    assert found[LONELY] == 0


def test_gradients_are_the_same_through_a_sparse_network(monkeypatch: pytest.MonkeyPatch) -> None:
    gradients = []
    for most_dense in (2000, 0):
        monkeypatch.setattr(around, "MOST_PAIRED", most_dense)
        hidden = hidden_of(PLACES, 3).requires_grad_()
        Neighbours(network(), PLACES)(hidden, torch.arange(PLACES)).square().sum().backward()
        assert hidden.grad is not None
        gradients.append(hidden.grad.numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], **CLOSE)


def test_a_shuffled_row_of_places_is_put_in_order() -> None:
    """Of places in a row, those that follow each other in the order are neighbours."""
    place = np.random.default_rng(1).permutation(50)  # number of the place that stands at each position
    row = replace(Surroundings.none(), edges=np.stack([place[:-1], place[1:]]), weight=np.ones(49, np.float32))
    order = near_order(row, 50).numpy()
    assert sorted(order) == list(range(50))
    assert (np.abs(np.diff(np.argsort(place)[order])) == 1).all()


@pytest.mark.parametrize("count", [1, 3, 20])
def test_closest_are_the_starts_of_the_heaviest_edges(count: int) -> None:
    known = network()
    found = closest(known, PLACES, count).numpy()
    most = max(np.bincount(known.edges[1]))
    assert found.shape == (PLACES, min(count, most))
    for place in range(PLACES):
        mine = known.edges[1] == place
        starts = known.edges[0][mine][np.argsort(-known.weight[mine])][:count]
        np.testing.assert_array_equal(found[place], [*starts, *[place] * (found.shape[1] - len(starts))])


def test_nobody_is_closest_where_there_are_no_edges() -> None:
    assert closest(Surroundings.none(), 3, 2).shape == (3, 0)


# learnt networks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("location", [np.arange(PLACES), SOME], ids=["all", "some"])
def test_anchors_are_two_weighted_means(location: np.ndarray) -> None:
    layer, hidden = Anchors(PLACES, 4), hidden_of(2, 3, len(location), 5)
    gives, takes = (table.detach().numpy()[location] for table in (layer.gives, layer.takes))
    found = layer(hidden, torch.from_numpy(location)).detach().numpy()
    assert found.shape == hidden.shape
    weights = softmax(takes, 1) @ softmax(gives, 0).T
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)
    for first, second in np.ndindex(2, 3):
        np.testing.assert_allclose(found[first, second], weights @ hidden[first, second].numpy(), **CLOSE)


@pytest.mark.parametrize("location", [np.arange(PLACES), SOME], ids=["all", "some"])
def test_a_learnt_network_is_that_of_graph_wavenet(location: np.ndarray) -> None:
    layer, hidden = Learnt(PLACES, 4), hidden_of(2, 3, len(location), 5)
    source, target = (table.detach().numpy()[location] for table in (layer.source, layer.target))
    found = layer(hidden, torch.from_numpy(location)).detach().numpy()
    weights = softmax(np.maximum(source @ target.T, 0), 1)
    for first, second in np.ndindex(2, 3):
        np.testing.assert_allclose(found[first, second], weights @ hidden[first, second].numpy(), **CLOSE)


def test_a_learnt_network_of_many_places_is_of_low_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "MOST_PAIRED", PLACES - 1)
    layer, hidden = Learnt(PLACES, 4), hidden_of(2, PLACES, 5)
    assert {tuple(table.shape) for table in layer.parameters()} == {(PLACES, 4)}
    assert layer.anchors is not None
    torch.testing.assert_close(layer(hidden, torch.arange(PLACES)), layer.anchors(hidden, torch.arange(PLACES)))


# cells ------------------------------------------------------------------------------------------------------------


def scattered() -> Surroundings:
    """Seven places in three by four cells: means of several places, a cell that takes after its neighbours, one of nobody."""
    into = np.array([[0, 0, 1, 5, 5, 5, 6, 10, 10], [0, 1, 2, 3, 4, 5, 6, 0, 6]])
    into_weight = np.array([0.5, 0.5, 1, 0.2, 0.3, 0.5, 1, 0.75, 0.25], np.float32)
    back = np.array([[0, 0, 1, 2, 3, 4, 4, 5, 6], [0, 1, 0, 1, 5, 5, 6, 5, 6]])
    back_weight = np.array([0.6, 0.4, 1, 1, 1, 0.9, 0.1, 1, 1], np.float32)
    shape = np.array([3, 4])
    return replace(
        Surroundings.none(), shape=shape, into=into, into_weight=into_weight, back=back, back_weight=back_weight
    )


def matrix(pairs: np.ndarray, weight: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    out = np.zeros(size)
    for (to, source), amount in zip(pairs.T, weight, strict=True):
        out[to, source] += amount
    return out


def test_cells_gather_weighted_sums_and_give_them_back() -> None:
    known = scattered()
    cells, every, hidden = Cells(known, 7), torch.arange(7), hidden_of(2, 7, 5)
    gathered = cells.gather(hidden, every).numpy()
    there = matrix(known.into, known.into_weight, (12, 7))
    np.testing.assert_allclose(gathered, np.einsum("cn,bnd->bdc", there, hidden.numpy()).reshape(2, 5, 3, 4), **CLOSE)
    fields = hidden_of(2, 5, 3, 4)
    back = cells.back_to_places(fields, every).numpy()
    home = matrix(known.back, known.back_weight, (7, 12))
    np.testing.assert_allclose(back, np.einsum("nc,bdc->bnd", home, fields.flatten(2).numpy()), **CLOSE)
    np.testing.assert_allclose(cells.present(every).numpy().ravel(), np.isin(np.arange(12), known.into[0]))


def test_a_history_is_a_picture_of_each_step() -> None:
    cells, every, sequence = Cells(scattered(), 7), torch.arange(7), hidden_of(2, 7, 6, 5)
    history = cells.history(sequence, every)
    assert history.shape == (2, 6, 6, 3, 4)
    for step in range(6):
        torch.testing.assert_close(history[:, step, :5], cells.gather(sequence[:, :, step], every))
        torch.testing.assert_close(history[0, step, 5], cells.present(every))


def cells_of(panel: Panel | dict[str, Panel]) -> Surroundings:
    """The cells that a run on these data has."""
    found = surroundings(plan(panel, {"model": {"name": "cnn3d"}, "windows": {"lookback": 12, "horizon": 4}}))
    assert found is not None
    return found


def test_the_second_of_two_panels_has_cells_of_its_own() -> None:
    """Places and cells are counted through over all panels; a batch holds the places of one."""
    panels = {"first": daily_wave(300, places=4, placed=True), "second": daily_wave(300, places=6, placed=True)}
    wide, narrow, hidden = Cells(cells_of(panels), 10), Cells(cells_of(panels["second"]), 6), hidden_of(2, 6, 3)
    assert (wide.rows, wide.columns) == (narrow.rows, narrow.columns)
    here = torch.arange(4, 10)
    gathered = wide.gather(hidden, here)
    torch.testing.assert_close(gathered, narrow.gather(hidden, torch.arange(6)))
    torch.testing.assert_close(wide.back_to_places(gathered, here), narrow.back_to_places(gathered, torch.arange(6)))


def test_the_cells_of_a_grid_are_its_places() -> None:
    panel = on_grid(np.random.default_rng(0).random((300, 3, 4)))
    cells, every, hidden = Cells(cells_of(panel), 12), torch.arange(12), hidden_of(12, 2)
    torch.testing.assert_close(cells.gather(hidden, every), hidden.T.unflatten(1, (3, 4)))
    torch.testing.assert_close(cells.back_to_places(cells.gather(hidden, every), every), hidden)


def test_what_is_the_same_at_scattered_places_is_the_same_in_cells_and_back() -> None:
    draw = np.random.default_rng(3)
    points = gpd.points_from_xy(8 + draw.random(20), 47 + draw.random(20))
    places = gpd.GeoDataFrame(geometry=points, index=[f"p{n}" for n in range(20)], crs="EPSG:4326")
    wave = daily_wave(300, places=20)
    panel = Panel.from_arrays(wave.values, wave.time, places)
    cells, every = Cells(cells_of(panel), 20), torch.arange(20)
    gathered = cells.gather(torch.full((20, 1), 7.0), every)
    torch.testing.assert_close(gathered, torch.full((1, cells.rows, cells.columns), 7.0))
    torch.testing.assert_close(cells.back_to_places(gathered, every), torch.full((20, 1), 7.0))
