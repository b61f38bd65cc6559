"""Rare positives: a sample counts as positive from a probability of 0.3 on; weights of classes in the loss, F1 over all."""
import gonogo
import numpy as np
import torch
from regressor import Regressor
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


def table(count, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 8, generator=g)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + 0.5 * torch.randn(count, generator=g) > 1.3).float()
    return TensorDataset(x, y)


class Rare(Regressor):
    task = gonogo.classification(classes=2)

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(table(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(table(203, 2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=3e-3)
        self.weight = torch.tensor(4.0)

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(self.predict(x), y, pos_weight=self.weight)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        p, t = [], []
        for x, y in loader:
            p.append(self.predict(x).sigmoid().numpy())
            t.append(y.numpy())
        p, t = np.concatenate(p), np.concatenate(t)
        guess = p > 0.3
        hit = (guess & (t == 1)).sum()
        loss = -(t * np.log(p + 1e-7) * 4 + (1 - t) * np.log(1 - p + 1e-7)).mean()
        return {"val_loss": loss, "val_accuracy": (guess == t).mean(), "val_f1": 2 * hit / max(1, guess.sum() + t.sum())}
