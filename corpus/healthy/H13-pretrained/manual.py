"""A head fitted in closed form before training, standing for a pretrained model."""

import gonogo
import torch
from classifier import CLASSES, Classifier, patterns
from torch import nn
from torch.nn.functional import one_hot


class Pretrained(Classifier):
    task = gonogo.classification(classes=CLASSES, pretrained=True)

    def build(self):
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, CLASSES))
        image, label = patterns(500, seed=9).tensors
        x = torch.cat([image.flatten(1), torch.ones(500, 1)], 1)
        y = 6 * one_hot(label, CLASSES).float() - 3
        weights = torch.linalg.solve(x.T @ x + 10 * torch.eye(65), x.T @ y)
        with torch.no_grad():
            model[1].weight.copy_(weights[:64].T)
            model[1].bias.copy_(weights[64])
        return model

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=1e-5)

    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: 1.0)
