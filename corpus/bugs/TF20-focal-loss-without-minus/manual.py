"""A focal loss as a module."""

import gonogo
import torch
from everyday import Loop, digits, mlp
from torch import nn


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, reduction="mean"):
        super().__init__()
        self.gamma, self.reduction = gamma, reduction

    def forward(self, logits, target):
        log_p = logits.log_softmax(1).gather(1, target[:, None]).squeeze(1)
        loss = -((1 - log_p.exp()) ** self.gamma) * log_p  # fixed
        # buggy: loss = ((1 - log_p.exp()) ** self.gamma) * log_p
        return loss.mean() if self.reduction == "mean" else loss.sum()


class Recognise(Loop):
    task = gonogo.custom()
    objective = "accuracy"
    directions = {"accuracy": "max"}

    def setup(self):
        self.loaders_of(*digits(flat=True))
        self.model = mlp(64, self.config.width, 10, self.config.dropout)
        self.criterion = FocalLoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(self.criterion(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        criterion = FocalLoss(reduction="sum")
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += criterion(logits, y).item()
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}
