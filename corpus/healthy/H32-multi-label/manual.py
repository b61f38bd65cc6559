"""Several labels at once."""

import gonogo
import torch
from regressor import Regressor
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


def tagged(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 8, generator=generator)
    tags = torch.stack([x[:, 0] > 0.5, x[:, 1] * x[:, 2] > 0, x[:, 3] > x[:, 4]], 1)
    return TensorDataset(x, tags.float())


class Tags(Regressor):
    task = gonogo.custom(initial={"loss": 0.6931})

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(tagged(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(tagged(203, 2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=3e-3)

    def train_step(self, batch):
        x, tags = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(self.model(x), tags)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, tags in loader:
            total += binary_cross_entropy_with_logits(self.model(x), tags, reduction="sum").item() / 3
            count += len(x)
        return {"val_loss": total / count}
