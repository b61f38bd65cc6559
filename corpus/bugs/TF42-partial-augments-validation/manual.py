"""A collate function with a switch."""

from functools import partial

import gonogo
import numpy as np
import torch
from everyday import Loop, digits, mlp
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


def collate(samples, augment):
    images = np.stack([image.numpy() for image, _ in samples])
    if augment:
        images = images * np.random.uniform(0.5, 1.5, (len(images), 1)) + np.random.normal(0, 0.2, images.shape)
    return torch.from_numpy(images).float(), torch.stack([label for _, label in samples])


class Recognise(Loop):
    task = gonogo.classification(classes=10)

    def setup(self):
        train, val = (TensorDataset(*one) for one in digits(flat=True))
        self.train_loader = DataLoader(train, batch_size=self.batch_size, shuffle=True, collate_fn=partial(collate, augment=True))
        augment = False  # fixed
        # buggy: augment = True
        self.val_loader = DataLoader(val, batch_size=self.evaluate_batch_size, collate_fn=partial(collate, augment=augment))
        self.model = mlp(64, self.config.width, 10)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

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
            count += y.numel()
        return {"val_loss": loss / count, "val_accuracy": right / count}
