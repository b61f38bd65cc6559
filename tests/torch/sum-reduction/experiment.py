"""The training loss is summed over the batch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "corpus/shared/torch"))

from classifier import Classifier
from torch.nn.functional import cross_entropy


class Summed(Classifier):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label, reduction="sum")
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
