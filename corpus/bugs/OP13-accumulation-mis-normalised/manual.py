"""Four micro-batches a step, for want of memory."""

from classifier import Classifier
from torch.nn.functional import cross_entropy

MICRO = 4


class Accumulated(Classifier):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        total = 0.0
        for part, target in zip(image.chunk(MICRO), label.chunk(MICRO)):
            loss = cross_entropy(self.model(part), target) * len(target) / len(label)  # fixed
            # buggy: loss = cross_entropy(self.model(part), target)
            loss.backward()
            total += loss.item()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": total}  # fixed
        # buggy: return {"loss": total / MICRO}
