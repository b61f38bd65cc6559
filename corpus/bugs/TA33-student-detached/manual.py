"""no_grad."""

import torch
from distiller import Distiller
from torch.nn.functional import cross_entropy


class Taught(Distiller):
    def train_step(self, batch):
        x, label = batch
        self.model.train()
        alpha = self.config.alpha
        with torch.no_grad():
            teacher = self.model.teacher(x)
            # buggy: soft = self.soft(self.model(x), teacher)
        logits = self.model(x)
        soft = self.soft(logits, teacher)  # fixed
        loss = alpha * soft + (1 - alpha) * cross_entropy(logits, label)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
