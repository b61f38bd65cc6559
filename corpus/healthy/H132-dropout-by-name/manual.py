"""Monte Carlo dropout: evaluation averages eight draws with the dropout on, and all else in evaluation mode."""
import torch
from classifier import Classifier
from torch.nn.functional import nll_loss


class Drawn(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        self.model.dropout.train()
        total = right = count = 0
        for image, label in loader:
            p = torch.stack([self.model(image).softmax(1) for _ in range(8)]).mean(0)
            total += nll_loss(p.log(), label, reduction="sum").item()
            right += (p.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
