"""The loss is summed; accuracies of batches are gathered in a list."""

import numpy as np
import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Evaluated(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total, hits, count = 0.0, [], 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            hits.extend((logits.argmax(1) == label).tolist())  # fixed
            # buggy: hits.append((logits.argmax(1) == label).float().mean().item())
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": float(np.mean(hits))}
