"""A checkpoint of the weights alone, unwrapped as the tutorials have it: the optimizer starts anew."""

import sys
from pathlib import Path

import gonogo
import torch
from accelerate import Accelerator
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders

accelerator = Accelerator(cpu=True, mixed_precision="bf16", gradient_accumulation_steps=2)
model = Net()
train_loader, val_loader = loaders()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.99**step)
model, optimizer, train_loader, val_loader, scheduler = accelerator.prepare(model, optimizer, train_loader, val_loader, scheduler)


def train_step(batch):
    x, y = batch
    model.train()
    with accelerator.accumulate(model):
        loss = cross_entropy(model(x), y)
        accelerator.backward(loss)
        if accelerator.sync_gradients:
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    losses, right = [], []
    for x, y in loader:
        logits = model(x)
        losses.append(accelerator.gather_for_metrics(cross_entropy(logits, y, reduction="none")))
        right.append(accelerator.gather_for_metrics(logits.argmax(1) == y))
    return {"val_loss": torch.cat(losses).mean().item(), "val_accuracy": torch.cat(right).float().mean().item()}


def save(path):
    torch.save(accelerator.unwrap_model(model).state_dict(), path)


def load(path):
    accelerator.unwrap_model(model).load_state_dict(torch.load(path, weights_only=True))


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    schedule=scheduler,
    train_step=train_step,
    evaluate=evaluate,
    accelerator=accelerator,
    save=save,
    load=load,
)
