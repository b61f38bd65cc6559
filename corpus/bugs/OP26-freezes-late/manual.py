"""A frozen stem, as vision backbones do it."""

from classifier import Classifier, Net
from torch.nn.functional import cross_entropy


class FrozenStem(Net):
    def __init__(self, width, dropout):
        super().__init__(width, dropout)
        self.freeze()  # fixed

    def freeze(self):
        self.bn1.eval()
        for module in (self.conv1, self.bn1):
            for parameter in module.parameters():
                parameter.requires_grad = False

    def train(self, mode=True):
        super().train(mode)
        if mode:
            self.freeze()
        return self


class Frozen(Classifier):
    frozen = ("conv1.*", "bn1.*")

    def build(self):
        return FrozenStem(self.config.width, self.config.dropout)

    def train_step(self, batch):
        image, label = batch
        self.model.train()  # fixed
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    def evaluate(self, loader):
        found = super().evaluate(loader)
        self.model.train()
        return found
