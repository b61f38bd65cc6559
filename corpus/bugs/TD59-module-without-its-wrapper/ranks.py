"""A data-parallel program."""

from ranks_base import Program
from torch.nn.functional import cross_entropy


class Ranks(Program):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        logits = self.model(image)  # fixed
        # buggy: logits = self.model.module(image)
        loss = cross_entropy(logits, label)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
