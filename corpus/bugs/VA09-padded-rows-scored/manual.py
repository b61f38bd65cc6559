"""Static shapes: the last batch is filled with copies of its last sample."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Static(Classifier):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            real = len(label)
            missing = loader.batch_size - real
            if missing > 0:
                image = torch.cat([image, image[-1:].expand(missing, -1, -1, -1)])
                label = torch.cat([label, label[-1:].expand(missing)])
            logits = self.model(image)
            logits, label = logits[:real], label[:real]  # fixed
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}
