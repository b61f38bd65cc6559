"""Rare classes are drawn more often."""

import gonogo
import torch
from everyday import digits, mlp
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

(train_x, train_y), (val_x, val_y) = digits(flat=True)
rare = (train_y < 7) | (torch.arange(len(train_y)) % 4 == 0)
train_x, train_y = train_x[rare], train_y[rare]

class_weights = 1.0 / torch.bincount(train_y, minlength=10).float()
weights = class_weights[train_y]  # fixed
# buggy: weights = class_weights
sampler = WeightedRandomSampler(weights, num_samples=len(train_y), replacement=True)

train_loader = DataLoader(TensorDataset(train_x, train_y), batch_size=32, sampler=sampler)
val_loader = DataLoader(TensorDataset(val_x, val_y), batch_size=64)
model = mlp(64, 64, 10)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)


def train_step(batch):
    model.train()
    x, y = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    logits, labels = zip(*[(model(x), y) for x, y in loader])
    logits, labels = torch.cat(logits), torch.cat(labels)
    return {"val_loss": cross_entropy(logits, labels).item(), "val_accuracy": (logits.argmax(1) == labels).float().mean().item()}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, train_step=train_step, evaluate=evaluate, task=gonogo.classification(classes=10))
