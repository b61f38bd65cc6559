"""Evaluation by the averaged model."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Averaged(Classifier):
    def setup(self):
        super().setup()
        self.ema = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(0.95), use_buffers=True)

    def train_step(self, batch):
        result = super().train_step(batch)
        self.ema.update_parameters(self.model)
        return result

    @torch.no_grad()
    def evaluate(self, loader):
        self.ema.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.ema(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        self.ema.train()
        return {"val_loss": total / count, "val_accuracy": right / count}

    def save(self, path):
        super().save(path)
        torch.save({**torch.load(path, weights_only=True), "ema": self.ema.state_dict()}, path)

    def load(self, path):
        super().load(path)
        self.ema.load_state_dict(torch.load(path, weights_only=True)["ema"])
