"""Layers that look at other places: the mean over neighbours, and the way into the cells of a grid and back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from stcore.models.surroundings import MOST_PAIRED, Surroundings


class Neighbours(nn.Module):
    """Weighted mean over the neighbours of each place: [..., N, D] -> [..., N, D]; 0 for a place without any.

    Of a batch with some of the places only, neighbours that are not in it do not count.

    Args:
        back: along the edges the other way round.
    """

    matrix: Tensor

    def __init__(self, around: Surroundings, locations: int, back: bool = False) -> None:
        super().__init__()
        self.locations = locations
        source, target = torch.from_numpy(around.edges[::-1].copy() if back else around.edges.copy())
        weight = torch.from_numpy(around.weight.copy())
        matrix = torch.sparse_coo_tensor(
            torch.stack([target, source]), weight, (locations, locations), check_invariants=True
        ).coalesce()
        self.register_buffer("matrix", matrix.to_dense() if locations <= MOST_PAIRED else matrix, persistent=False)

    def forward(self, hidden: Tensor, location: Tensor) -> Tensor:
        """Args:
        hidden: [..., N, D].
        location: [N] numbers of the places, increasing.
        """
        flat = hidden.movedim(-2, 0).flatten(1)
        mean = self._weights(location) @ flat
        return mean.unflatten(1, (*hidden.shape[:-2], hidden.shape[-1])).movedim(0, -2)

    def _weights(self, location: Tensor) -> Tensor:
        """[N, N] rows that add up to 1, dense or sparse."""
        matrix = self.matrix
        if len(location) < self.locations:
            matrix = matrix.index_select(0, location).index_select(1, location)
        if not matrix.is_sparse:
            return matrix / matrix.sum(1, keepdim=True).clamp(min=1e-9)
        matrix = matrix.coalesce()
        total = torch.zeros(len(location), device=matrix.device).index_add_(0, matrix.indices()[0], matrix.values())
        share = matrix.values() / total[matrix.indices()[0]].clamp(min=1e-9)
        return torch.sparse_coo_tensor(matrix.indices(), share, matrix.shape, is_coalesced=True, check_invariants=True)


class Cells(nn.Module):
    """From places to the cells of a grid and back.

    Attributes:
        rows, columns: R, K.
    """

    into: Tensor
    into_weight: Tensor
    back: Tensor
    back_weight: Tensor

    def __init__(self, around: Surroundings, locations: int) -> None:
        super().__init__()
        self.rows, self.columns = (int(size) for size in around.shape)
        self.locations = locations
        for name in ("into", "into_weight", "back", "back_weight"):
            self.register_buffer(name, torch.from_numpy(getattr(around, name).copy()), persistent=False)

    def gather(self, hidden: Tensor, location: Tensor) -> Tensor:
        """[..., N, D] -> [..., D, R, K]; 0 in cells that belong to no place."""
        pairs, weight = self._of(self.into, self.into_weight, 1, location)
        cells = _moved(hidden, pairs[1], pairs[0], weight, self.rows * self.columns)
        return cells.transpose(-1, -2).unflatten(-1, (self.rows, self.columns))

    def picture(self, hidden: Tensor, location: Tensor) -> Tensor:
        """[B, N, D] -> [B, D + 1, R, K]; the last one is 1 where a cell belongs to a place."""
        present = self.present(location).expand(len(hidden), 1, -1, -1)
        return torch.cat([self.gather(hidden, location), present], dim=1)

    def history(self, sequence: Tensor, location: Tensor) -> Tensor:
        """[B, N, L, D] -> [B, L, D + 1, R, K]: a picture of each step of the past."""
        flat = sequence.transpose(1, 2).flatten(0, 1)
        return self.picture(flat, location).unflatten(0, (sequence.shape[0], sequence.shape[2]))

    def back_to_places(self, cells: Tensor, location: Tensor) -> Tensor:
        """[..., D, R, K] -> [..., N, D]; 0 for places that lie nowhere."""
        pairs, weight = self._of(self.back, self.back_weight, 0, location)
        return _moved(cells.flatten(-2).transpose(-1, -2), pairs[1], pairs[0], weight, len(location))

    def present(self, location: Tensor) -> Tensor:
        """[R, K] 1 where a cell belongs to a place, else 0."""
        return self.gather(self.into_weight.new_ones(len(location), 1), location)[0].clamp(max=1)

    def _of(self, pairs: Tensor, weight: Tensor, side: int, location: Tensor) -> tuple[Tensor, Tensor]:
        """The pairs of a batch's panel, places and cells counted from its own first ones."""
        first, count = int(location[0]), len(location)
        if count == self.locations:
            return pairs, weight
        mine = (pairs[side] >= first) & (pairs[side] < first + count)
        found = pairs[:, mine].clone()
        found[side] -= first
        found[1 - side] -= found[1 - side].min() // (self.rows * self.columns) * (self.rows * self.columns)
        return found, weight[mine]


class Field(nn.Module):
    """What lies around each cell, near and far: [B, C, R, K] -> [B, hidden, R, K].

    One convolution, then two residual pairs of them, the second seeing every other cell: 7 cells to each side.

    Source: K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.inlet = nn.Conv2d(inputs, hidden, 3, padding=1)
        self.pairs = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(hidden, hidden, 3, padding=apart, dilation=apart), nn.ReLU(),
                nn.Conv2d(hidden, hidden, 3, padding=apart, dilation=apart),
            )
            for apart in (1, 2)
        )  # fmt: skip

    def forward(self, picture: Tensor) -> Tensor:
        found: Tensor = self.inlet(picture).relu()
        for pair in self.pairs:
            found = (found + pair(found)).relu()
        return found


class Anchors(nn.Module):
    """Patterns that all places share: each is a weighted mean of the places, each place takes a weighted mean of them.

    A learnt network of low rank: time and memory grow with the places, not with their square.
    """

    def __init__(self, locations: int, patterns: int) -> None:
        super().__init__()
        self.gives = nn.Parameter(0.3 * torch.randn(locations, patterns))
        self.takes = nn.Parameter(0.3 * torch.randn(locations, patterns))

    def forward(self, hidden: Tensor, location: Tensor) -> Tensor:
        """[..., N, D] -> [..., N, D]."""
        gives, takes = self.gives[location].softmax(0), self.takes[location].softmax(1)
        flat = hidden.movedim(-2, 0).flatten(1)
        mean = takes @ (gives.T @ flat)
        return mean.unflatten(1, (*hidden.shape[:-2], hidden.shape[-1])).movedim(0, -2)


class Learnt(nn.Module):
    """A network learnt from descriptions of the places: softmax(relu(E1 E2')) up to 2,000 places, above that ``Anchors``.

    Source: Z. Wu et al., "Graph WaveNet", IJCAI 2019, equation 5.
    """

    def __init__(self, locations: int, width: int) -> None:
        super().__init__()
        self.anchors = Anchors(locations, width) if locations > MOST_PAIRED else None
        if self.anchors is None:
            self.source = nn.Parameter(torch.randn(locations, width))
            self.target = nn.Parameter(torch.randn(locations, width))

    def forward(self, hidden: Tensor, location: Tensor) -> Tensor:
        """[..., N, D] -> [..., N, D]."""
        if self.anchors is not None:
            found: Tensor = self.anchors(hidden, location)
            return found
        weights = (self.source[location] @ self.target[location].T).relu().softmax(1)
        flat = hidden.movedim(-2, 0).flatten(1)
        return (weights @ flat).unflatten(1, (*hidden.shape[:-2], hidden.shape[-1])).movedim(0, -2)


def _moved(hidden: Tensor, source: Tensor, target: Tensor, weight: Tensor, size: int) -> Tensor:
    """[..., from, D] -> [..., to, D]: weighted sums."""
    taken = hidden.index_select(-2, source) * weight[:, None]
    return hidden.new_zeros(*hidden.shape[:-2], size, hidden.shape[-1]).index_add(-2, target, taken)


def near_order(around: Surroundings, locations: int) -> Tensor:
    """The places in an order in which neighbours stand close together: int64 [location].

    Source: A. George, J. Liu, "Computer Solution of Large Sparse Positive Definite Systems", 1981 (reverse Cuthill-McKee).
    """
    from scipy import sparse
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ones = np.ones(around.edges.shape[1], np.float32)
    matrix = sparse.csr_array((ones, (around.edges[0], around.edges[1])), shape=(locations, locations))
    order = reverse_cuthill_mckee(sparse.csr_matrix(matrix + matrix.T), symmetric_mode=True)
    return torch.from_numpy(order.astype(np.int64))


def closest(around: Surroundings, locations: int, count: int) -> Tensor:
    """The neighbours of each place from which edges of the largest weight lead to it: int64 [location, count at most].

    Where there are fewer, the place itself stands in their stead.
    """
    source, target = around.edges
    order = np.lexsort((-around.weight, target))
    source, target = source[order], target[order]
    rank = np.arange(len(target)) - np.searchsorted(target, target)
    width = min(count, int(rank.max()) + 1) if len(rank) else 0
    out = np.repeat(np.arange(locations)[:, None], width, axis=1)
    kept = rank < width
    out[target[kept], rank[kept]] = source[kept]
    return torch.from_numpy(out)
