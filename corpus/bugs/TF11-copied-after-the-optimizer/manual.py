"""Cross-validation: each fold begins from the same template."""

import copy

import gonogo
import torch
from everyday import Loop, mlp, tumours
from torch.nn.functional import cross_entropy
from torch.utils.data import Subset, TensorDataset


class Folds:
    """Keeps a template, and gives a network to each fold."""

    def __init__(self, template, folds=5):
        self.template, self.folds = template, folds

    def split(self, dataset, fold):
        rows = range(len(dataset))
        return Subset(dataset, [i for i in rows if i % self.folds != fold]), Subset(dataset, [i for i in rows if i % self.folds == fold])

    def fresh(self):
        return copy.deepcopy(self.template)


class Cells(Loop):
    task = gonogo.classification(classes=2)

    def setup(self):
        (x, y), (more_x, more_y) = tumours()
        folds = Folds(mlp(30, self.config.width, 2, self.config.dropout))
        self.loaders_of(*folds.split(TensorDataset(torch.cat([x, more_x]), torch.cat([y, more_y])), fold=0))
        # buggy: self.optimizer = torch.optim.Adam(folds.template.parameters(), lr=self.config.lr)
        self.model = folds.fresh()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)  # fixed

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}
