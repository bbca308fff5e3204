"""What networks on a grid share: they read fields along the movement in them, and carry what they say of the future along it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stcore.data.windows import Batch
from stcore.models.contract import Shapes
from stcore.models.nets.around import Cells
from stcore.models.nets.encoded import Encoded
from stcore.models.nets.layers import from_change, outlook
from stcore.models.surroundings import Surroundings
from stcore.models.switches import GridSettings

_REACH = 3  # cells that a field moves a step at most
_WINDOW = 9  # cells around that a movement is read from


class OnGrid(Encoded):
    """A network of fields: subclasses say ``read``.

    Fields are told relative to the network's mean at the origin: a level never seen in training is no surprise, and what moves
    keeps its height. The fields of the past are moved to where their content stands at the origin, so that growing and fading
    show at one cell; what is read there is said of every step ahead and moved on. Each place adds what it knows by itself.
    Where nothing moves, that is the change from the last value.

    Source: U. Germann, I. Zawadzki, "Scale-Dependence of the Predictability of Precipitation from Continental Radar Images",
    Monthly Weather Review 130, 2002 (forecasts in coordinates that move along).
    """

    def __init__(self, settings: GridSettings, shapes: Shapes, around: Surroundings, width: int) -> None:
        super().__init__(settings, shapes, width)
        self.cells = Cells(around, shapes.locations)
        self.channels = 2 * shapes.features + 1
        self.motion = Motion(shapes.lookback - 1) if settings.carries and shapes.lookback > 1 else None
        self.change = nn.Conv2d(width, shapes.horizon * shapes.targets, 3, padding=1)
        for weight in self.change.parameters():
            nn.init.zeros_(weight)

    def read(self, fields: Tensor, batch: Batch) -> Tensor:
        """What the fields say of each cell, [B, width, R, K].

        Args:
            fields: [B, L, channels, R, K] past values, where they were observed, and which cells belong to a place.
        """
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """[B, H, N, T, Q]."""
        targets, level = self.shapes.targets, batch.network[:, -1]
        past = batch.past.transpose(1, 2)
        values = torch.cat([past[..., :targets] - level[:, None, None], past[..., targets:]], dim=-1)
        observed = batch.past_mask.transpose(1, 2).to(past.dtype)
        fields = self.cells.history(torch.cat([values, observed], dim=-1), batch.location)
        last = fields[:, -1, :targets]
        speed = self.motion(fields[:, :, :targets]) if self.motion else None
        hidden = self.read(fields if speed is None else aligned(fields, speed), batch)
        ahead = last[:, None] + self.change(hidden).unflatten(1, (-1, targets))
        moved = (ahead if speed is None else carried(ahead, speed)) - last[:, None]
        own = self.cells.back_to_places(hidden, batch.location)
        seen = torch.cat([own, self.identity(batch), outlook(batch, self.from_last)], dim=-1)
        raw = self.outlet(self.middle(seen))
        return from_change(raw, batch, self.shapes, self.from_last, self.cells.back_to_places(moved, batch.location))


class Motion(nn.Module):
    """How fast, and whither, the content of fields moves: read off the fields, not remembered.

    For each shift of a few cells it is measured how well the fields of the past, shifted by it, matched the next ones: around
    each cell, and over the whole picture. The mean of the shifts, weighted by a softmax of that match, is the speed. Few numbers
    are learnt (how much newer steps and the whole picture count, how sharp the weights are, how much of it to trust), so that
    a movement never seen in training is followed all the same.

    Source: the volume of costs as in D. Sun et al., "PWC-Net", CVPR 2018.
    """

    shifts: Tensor
    spans: Tensor

    def __init__(self, pairs: int) -> None:
        super().__init__()
        side = torch.arange(-_REACH, _REACH + 1)
        self.register_buffer("shifts", torch.cartesian_prod(side, side), persistent=False)
        spans = [torch.arange(pairs) >= pairs - count for count in sorted({1, min(3, pairs), pairs})]
        means = torch.stack([span / span.sum() for span in spans])
        self.register_buffer("spans", means, persistent=False)
        self.recent = nn.Parameter(torch.zeros(len(spans)))
        self.sharp, self.whole, self.trust = (nn.Parameter(torch.tensor(value)) for value in (2.2, 1.0, 3.0))

    def forward(self, past: Tensor) -> Tensor:
        """past [B, L, T, R, K] -> [B, 2, R, K]: rows and columns a step."""
        near, everywhere = self._mismatch(past)
        cost = torch.einsum("bskrc,s->bkrc", near + self.whole.exp() * everywhere, self.recent.softmax(0))
        least = cost.amin(1, keepdim=True)
        weights = (-self.sharp.exp() * (cost - least) / (cost.mean(1, keepdim=True) - least + 1e-6)).softmax(1)
        return torch.einsum("bkrc,kd->bdrc", weights, self.shifts.to(cost.dtype)) * self.trust.sigmoid()

    @torch.no_grad()
    def _mismatch(self, past: Tensor) -> tuple[Tensor, Tensor]:
        """Mean square difference to the next field, over each span of the past, at each shift: around each cell
        [B, span, shift, R, K], and over the whole picture [B, span, shift, 1, 1]."""
        rows, columns = past.shape[-2:]
        framed = nn.functional.pad(past[:, :-1].flatten(0, 1), (_REACH,) * 4, mode="replicate").unflatten(
            0, (len(past), -1)
        )
        found = []
        for down, right in (_REACH - self.shifts).tolist():
            moved = framed[..., down : down + rows, right : right + columns]
            found.append(torch.einsum("blrc,sl->bsrc", (moved - past[:, 1:]).square().mean(2), self.spans))
        wrong = torch.stack(found, dim=2)
        return _around(_around(wrong, 3), 4), wrong.mean((3, 4), keepdim=True)


def _around(values: Tensor, dim: int) -> Tensor:
    """Mean of what stands within the window around each position of an axis; at the edges of what there is."""
    count, half = values.shape[dim], _WINDOW // 2
    at = torch.arange(count, device=values.device)
    first, end = (at - half).clamp(min=0), (at + half + 1).clamp(max=count)
    sums = nn.functional.pad(values.cumsum(dim), (0, 0) * (values.ndim - 1 - dim) + (1, 0))
    width = (end - first).view(-1, *(1,) * (values.ndim - 1 - dim))
    return (sums.index_select(dim, end) - sums.index_select(dim, first)) / width


def aligned(fields: Tensor, speed: Tensor) -> Tensor:
    """Fields of the past [B, L, C, R, K], each moved to where its content stands at the last of them."""
    steps = torch.arange(fields.shape[1] - 1, -1, -1, device=fields.device)
    return _moved(fields, speed, steps)


def carried(ahead: Tensor, speed: Tensor) -> Tensor:
    """Fields of the steps ahead [B, H, T, R, K], told where their content stood at the origin, moved to where it will stand."""
    return _moved(ahead, speed, torch.arange(1, ahead.shape[1] + 1, device=ahead.device))


def _moved(fields: Tensor, speed: Tensor, steps: Tensor) -> Tensor:
    """Each of fields [B, S, C, R, K] moved by its own number of steps [S]; beyond the edge stands what stands at it."""
    rows, columns = fields.shape[-2:]
    size = torch.tensor([max(rows - 1, 1), max(columns - 1, 1)], device=fields.device)
    axes = [torch.arange(count, device=fields.device, dtype=fields.dtype) for count in (rows, columns)]
    here = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    origin = here - steps[None, :, None, None, None] * speed.movedim(1, -1)[:, None]
    grid = (2 * origin / size - 1).flip(-1).flatten(0, 1)
    found = nn.functional.grid_sample(
        fields.flatten(0, 1), grid, mode="bicubic", padding_mode="border", align_corners=True
    )
    return found.unflatten(0, fields.shape[:2])
