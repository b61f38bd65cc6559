"""A loss that is summed as a tensor and printed every fifty steps."""
import gonogo
import torch
from classifier import CLASSES, Net, patterns
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

train = DataLoader(patterns(3200, seed=1), batch_size=16, shuffle=True)
val = DataLoader(patterns(203, seed=2), batch_size=50)
model = Net(8, 0.1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
losses, step = [], 0


def train_step(batch):
    global step
    image, label = batch
    model.train()
    optimizer.zero_grad()
    loss = cross_entropy(model(image), label)
    loss.backward()
    optimizer.step()
    losses.append(loss)
    step += 1
    if step % 100 == 0:
        print(f"step {step}: loss {torch.stack(losses).mean():.4f}")
        losses.clear()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    right = total = loss = 0
    for image, label in loader:
        logits = model(image)
        loss += cross_entropy(logits, label, reduction="sum").item()
        right += (logits.argmax(1) == label).sum().item()
        total += len(label)
    return {"val_loss": loss / total, "val_accuracy": right / total}


experiment = gonogo.adapt(model, optimizer, train, val, task=gonogo.classification(classes=CLASSES), train_step=train_step, evaluate=evaluate)
