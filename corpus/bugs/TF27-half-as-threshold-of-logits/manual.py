"""Two classes and one logit."""

import gonogo
import torch
from everyday import Loop, mlp, tumours
from torch import nn


class Malignant(Loop):
    task = gonogo.classification(classes=2)

    def setup(self):
        self.loaders_of(*tumours())
        self.model = mlp(30, self.config.width, 1, self.config.dropout)
        self.criterion = nn.BCEWithLogitsLoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.3 * self.config.lr)

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        return self.update(self.criterion(self.model(x).squeeze(1), y.float()))

    def decide(self, output):
        return (output.sigmoid() > 0.5).long()  # fixed
        # buggy: return (output > 0.5).long()

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for x, y in loader:
            output = self.model(x).squeeze(1)
            total += self.criterion(output, y.float()).item() * len(y)
            right += (self.decide(output) == y).sum().item()
            count += len(y)
        return {"val_loss": total / count, "val_accuracy": right / count}
