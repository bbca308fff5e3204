"""The movement of fields: how well it is found, and whether what is carried along it arrives where it should."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stcore.models.nets.on_grid import Motion, aligned, carried

ROWS, COLUMNS, LOOKBACK = 34, 36, 6
END = np.array([17.0, 18.0])  # where the blob stands at the origin
SPEEDS = [(0.0, 0.0), (0.5, -0.3), (0.6, 0.8), (1.0, 0.5), (-1.3, 0.25), (-1.7, 1.4), (2.0, -1.0)]
CENTRE = (slice(15, 20), slice(16, 21))


def blob(centre: np.ndarray, width: float = 2.0) -> np.ndarray:
    """A bell over rows and columns, 1 high."""
    row, column = np.indices((ROWS, COLUMNS))
    return np.exp(-((row - centre[0]) ** 2 + (column - centre[1]) ** 2) / (2 * width**2))


def past(speed: tuple[float, float], width: float = 2.0) -> torch.Tensor:
    """[1, L, 1, R, K]: a blob that reaches ``END`` at the origin."""
    back = range(LOOKBACK - 1, -1, -1)
    fields = np.stack([blob(END - np.array(speed) * steps, width) for steps in back])
    return torch.from_numpy(fields).float()[None, :, None]


def everywhere(speed: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(speed)[None, :, None, None].expand(1, 2, ROWS, COLUMNS)


@pytest.mark.parametrize("speed", SPEEDS, ids=str)
@pytest.mark.parametrize("width", [1.5, 2.0, 3.0])
def test_a_movement_is_found_before_anything_is_learnt(speed: tuple[float, float], width: float) -> None:
    """Within a tenth of a cell a step, between whole cells too; the trust that scales it is learnt and set apart."""
    motion = Motion(LOOKBACK - 1)
    with torch.no_grad():
        found = motion(past(speed, width))[0] / motion.trust.sigmoid()
    assert (found[:, *CENTRE] - torch.tensor(speed)[:, None, None]).abs().max() < 0.1


@pytest.mark.parametrize("factor", [0.2, 20.0])
def test_the_height_of_the_fields_does_not_change_their_movement(factor: float) -> None:
    motion, fields = Motion(LOOKBACK - 1), past((0.6, 0.8))
    with torch.no_grad():
        torch.testing.assert_close(motion(factor * fields), motion(fields), atol=0.05, rtol=0)


@pytest.mark.parametrize("speed", SPEEDS, ids=str)
def test_what_is_carried_arrives_where_it_will_stand(speed: tuple[float, float]) -> None:
    ahead = torch.from_numpy(blob(END)).float().expand(1, 3, 1, ROWS, COLUMNS)
    found = carried(ahead, everywhere(speed))[0, :, 0].numpy()
    for step in range(3):
        np.testing.assert_allclose(found[step], blob(END + np.array(speed) * (step + 1)), atol=0.03)


@pytest.mark.parametrize("speed", SPEEDS, ids=str)
def test_the_past_is_moved_to_where_it_stands_at_the_origin(speed: tuple[float, float]) -> None:
    found = aligned(past(speed), everywhere(speed))[0, :, 0].numpy()
    for step in range(LOOKBACK):
        np.testing.assert_allclose(found[step][CENTRE], blob(END)[CENTRE], atol=0.03)


@pytest.mark.parametrize("speed", [(1.0, 0.0), (0.0, -2.0), (1.0, 2.0)], ids=str)
def test_whole_cells_are_carried_as_a_copy(speed: tuple[float, float]) -> None:
    """Against a slow copy, cell by cell; beyond the edge stands what stands at it."""
    field = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype(np.float32)
    found = carried(torch.from_numpy(field).expand(1, 2, 1, ROWS, COLUMNS), everywhere(speed))[0, :, 0].numpy()
    for step, row, column in np.ndindex(2, ROWS, COLUMNS):
        source = np.clip(row - int(speed[0]) * (step + 1), 0, ROWS - 1), np.clip(column - int(speed[1]) * (step + 1), 0, COLUMNS - 1)  # fmt: skip
        assert found[step, row, column] == pytest.approx(field[source], abs=1e-4)


def test_a_movement_seen_in_the_past_goes_on() -> None:
    """From the fields alone to where they will stand three steps later, for a network that trusts what it sees."""
    motion = Motion(LOOKBACK - 1)
    motion.trust.data.fill_(10.0)
    speed = (0.6, -0.8)
    with torch.no_grad():
        fields = past(speed)
        found = carried(fields[:, -1:].expand(-1, 3, -1, -1, -1), motion(fields))[0, :, 0].numpy()
    for step in range(3):
        truth, still = blob(END + np.array(speed) * (step + 1)), blob(END)
        assert np.abs(found[step] - truth).max() < 0.1
        assert np.square(found[step] - truth).mean() < 0.02 * np.square(still - truth).mean()
