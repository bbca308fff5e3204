"""low_rank: one factor and one substitution for all numbers of patterns give what the full equations give."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stcore.models.nets.low_rank import _OWN_PULL, Sums, _solved

ROWS, P, H, N, K = 300, 9, 2, 3, 4


def _drawn() -> tuple[Sums, Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    shared = torch.randn(ROWS, P, generator=draw)
    own = torch.randn(ROWS, H, N, K, generator=draw)
    ahead = torch.randn(ROWS, H, N, generator=draw)
    sums = Sums(
        (shared.T @ shared).double(),
        torch.einsum("rp,rhnk->phnk", shared, own).unsqueeze(3),
        torch.einsum("rhnk,rhnq->hnkq", own, own).unsqueeze(2),
        torch.einsum("rp,rhn->phn", shared, ahead).unsqueeze(3),
        torch.einsum("rhnk,rhn->hnk", own, ahead).unsqueeze(2),
        float(ROWS),
    )
    return sums, shared, own, ahead


@pytest.mark.parametrize("pull", [10.0, 1000.0])
def test_every_number_of_inputs_solves_its_own_equations(pull: float) -> None:
    sums, shared, own, ahead = _drawn()
    counts = [1, 4, P]
    for count, (weights, of_place) in zip(counts, _solved(sums, counts, pull), strict=True):
        assert weights.shape == (count, H, N, 1)
        for lead, place in ((0, 0), (1, 2)):
            inputs = torch.cat([shared[:, :count], own[:, lead, place]], dim=1).double()
            mean_square = inputs.square().mean(0)
            strength = torch.tensor([pull] * count + [_OWN_PULL] * K).double()
            full = torch.linalg.solve(
                inputs.T @ inputs + torch.diag(strength * mean_square), inputs.T @ ahead[:, lead, place].double()
            )
            found = torch.cat([weights[:, lead, place, 0], of_place[lead, place, 0]]).double()
            assert torch.allclose(found, full, atol=1e-5)
