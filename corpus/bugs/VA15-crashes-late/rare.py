"""A class that the first thousand validation samples lack has no name."""

import torch
from classifier import CLASSES, Classifier, patterns
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

NAMES = ["ant", "bee", "cat", "dog", "eel"]  # fixed
# buggy: NAMES = ["ant", "bee", "cat", "dog"]


class Named(Classifier):
    def loaders(self):
        train, val = patterns(640, seed=1), patterns(1400, seed=2)
        image, label = val.tensors
        order = torch.argsort(label, stable=True)
        val = TensorDataset(image[order], label[order])
        return DataLoader(train, batch_size=self.batch_size, shuffle=True), DataLoader(val, batch_size=self.evaluate_batch_size)

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        seen = {}
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
            for one in label.tolist():
                seen[NAMES[one]] = seen.get(NAMES[one], 0) + 1
        assert len(seen) <= CLASSES
        return {"val_loss": total / count, "val_accuracy": right / count}
