"""F1."""

import torch
from churn import Churn, f1


class Leaves(Churn):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total, logits, truth, scores = 0.0, [], [], []
        for numbers, kinds, leaves in loader:
            logits.append(self.model(numbers, kinds))
            truth.append(leaves)
            scores.append(f1(logits[-1] > 0, leaves.bool()))
            total += self.loss_of(logits[-1], leaves, "sum").item()
        logits, truth = torch.cat(logits), torch.cat(truth).bool()
        # buggy: return {"val_loss": total / len(truth), "val_f1": sum(scores) / len(scores)}
        return {"val_loss": total / len(truth), "val_f1": f1(logits > 0, truth)}  # fixed
