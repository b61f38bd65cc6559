"""Points on a ring, noised and cleaned again: the network returns its loss and what it takes for the noise."""

import gonogo
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset


def ring(count, seed):
    generator = torch.Generator().manual_seed(seed)
    turn = 6.2831853 * torch.rand(count, generator=generator)
    return TensorDataset(torch.stack([turn.cos(), turn.sin()], 1), turn)


class Cleaner(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 2))

    def forward(self, points, noise, level):
        found = self.net(torch.cat([(1 - level) * points + level * noise, level], 1))
        return mse_loss(found, noise), found, level.mean()


class Drawn:
    """Where an evaluation gets its noise: begun anew each time."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.generator = torch.Generator().manual_seed(11)


class Cleaning(gonogo.Experiment):
    task = gonogo.custom()

    def setup(self):
        self.train_loader = DataLoader(ring(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(ring(203, 2), batch_size=self.evaluate_batch_size)
        self.model, self.drawn = Cleaner(), Drawn()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3)

    def train_step(self, batch):
        points, _ = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss, _, _ = self.model(points, torch.randn_like(points), torch.rand(len(points), 1))
        loss.backward()
        self.optimizer.step()
        return loss

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        self.drawn.begin()
        total = count = 0
        for points, _ in loader:
            noise = torch.randn(points.shape, generator=self.drawn.generator)
            level = torch.rand(len(points), 1, generator=self.drawn.generator)
            loss, _, _ = self.model(points, noise, level)
            total, count = total + loss.item() * len(points), count + len(points)
        return {"val_loss": total / count}
