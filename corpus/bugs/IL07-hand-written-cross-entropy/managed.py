"""A distance whose square root has no gradient at zero: the reconstruction of a constant pixel."""

import gonogo
import torch
from classifier import Config
from torch import nn
from torch.utils.data import TensorDataset


def bordered(count, seed):
    """Points in a plane, as [x, y, 0]."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 3, generator=generator)
    x[:, 2] = 0
    x[: count // 8] = 0
    return TensorDataset(x, torch.linalg.vector_norm(x, dim=1, keepdim=True))


class Shared(nn.Module):
    """Length of a learnt linear map of the input."""

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(3, 8, bias=False)

    def forward(self, x):
        squares = self.map(x).square().sum(1, keepdim=True)
        return (squares + 1e-8).sqrt()  # fixed
        # buggy: return squares.sqrt()


class Length(gonogo.Experiment[Config]):
    task = gonogo.regression()

    def datasets(self):
        return {"train": bordered(640, seed=1), "val": bordered(203, seed=2)}

    def model(self):
        return Shared()

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.learning_rate)
