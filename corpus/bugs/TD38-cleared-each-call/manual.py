"""Updates on every fourth batch."""

from classifier import Classifier
from torch.nn.functional import cross_entropy


class Accumulated(Classifier):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        # buggy: self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        (loss / self.accumulate).backward()
        if (self.progress.step + 1) % self.accumulate == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()  # fixed
            self.schedule.step()
        return {"loss": loss}
