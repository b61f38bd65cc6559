"""A running total that is never cut off from the graphs of the steps before."""

from classifier import Classifier
from torch.nn.functional import cross_entropy


class Total(Classifier):
    def setup(self):
        super().setup()
        self.total = 0.0

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        logits = self.model(image)
        loss = cross_entropy(logits, label)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.total += logits.detach().square().mean().item()  # fixed
        # buggy: self.total = self.total + logits.square().mean()
        return {"loss": loss}
