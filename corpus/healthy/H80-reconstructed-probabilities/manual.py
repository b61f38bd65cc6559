"""An autoencoder that ends in a sigmoid, its loss summed over pixels and averaged over pictures."""

import gonogo
import torch
from classifier import patterns
from regressor import Regressor
from torch import nn
from torch.nn.functional import binary_cross_entropy
from torch.utils.data import DataLoader, TensorDataset


def greys(count, seed):
    """Pictures between 0 and 1."""
    image = patterns(count, seed).tensors[0]
    return TensorDataset(image.sub(image.amin()).div(image.amax() - image.amin()))


class Reconstruction(Regressor):
    task = gonogo.custom()

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(greys(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(greys(203, 2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 64), nn.Sigmoid())
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3)

    def summed(self, image):
        return binary_cross_entropy(self.model(image), image.flatten(1), reduction="sum")

    def train_step(self, batch):
        (image,) = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.summed(image) / len(image)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (image,) in loader:
            total += self.summed(image).item()
            count += len(image)
        return {"val_loss": total / count}
