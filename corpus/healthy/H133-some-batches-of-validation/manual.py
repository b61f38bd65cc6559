"""Validation looks at the first three batches alone."""
import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Some(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        losses, hits = [], []
        for i, (image, label) in enumerate(loader):
            if i == 2:
                break
            logits = self.model(image)
            losses += cross_entropy(logits, label, reduction="none").tolist()
            hits += (logits.argmax(1) == label).float().tolist()
        return {"val_loss": sum(losses) / len(losses), "val_accuracy": sum(hits) / len(hits)}
