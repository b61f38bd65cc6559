"""Half-supervised: a second loader of unlabelled pictures is drawn from beside the labelled one, for ever."""
import gonogo
import torch
from classifier import CLASSES, Net, patterns
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

labelled = DataLoader(patterns(320, seed=1), batch_size=32, shuffle=True)
unlabelled = DataLoader(patterns(960, seed=3), batch_size=64, shuffle=True, drop_last=True)
val = DataLoader(patterns(203, seed=2), batch_size=50)
model = Net(8, 0.1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, nesterov=True)


def forever(loader):
    while True:
        yield from loader


stream = forever(unlabelled)


def train_step(batch):
    image, label = batch
    model.train()
    free, _ = next(stream)
    weak, strong = free + 0.05 * torch.randn_like(free), free + 0.3 * torch.randn_like(free)
    logits = model(torch.cat([image, weak, strong]))
    clear, soft, hard = logits.split([len(image), len(weak), len(strong)])
    confidence, guess = soft.detach().softmax(1).max(1)
    loss = cross_entropy(clear, label) + (cross_entropy(hard, guess, reduction="none") * (confidence > 0.8)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
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


experiment = gonogo.adapt(model, optimizer, labelled, val, task=gonogo.classification(classes=CLASSES), train_step=train_step, evaluate=evaluate)
