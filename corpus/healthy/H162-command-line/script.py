"""A script as people write it: argparse, device, DataParallel, log file, autocast to bfloat16, best accuracy in a global."""

import argparse
import logging
import time

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=3e-3)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--seed", type=int, default=42)
args = parser.parse_args()
torch.manual_seed(args.seed)
logging.basicConfig(level=logging.INFO)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.DataParallel(nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 6))).to(device)
train_loader, val_loader = loaders(clouds)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.05)
scaler = torch.amp.GradScaler("cuda", enabled=False)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, epochs=args.epochs, steps_per_epoch=len(train_loader))
best_acc = 0.0


def train_one_epoch(loader):
    model.train()
    running = 0.0
    t = time.time()
    for i, (x, y) in enumerate(loader):
        x, y = x.to(device), y.to(device)
        with torch.autocast(device.type, torch.bfloat16):
            loss = criterion(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
        running += loss.item()
        if i % 10 == 0:
            logging.info("step %d loss %.3f (%.1f s)", i, running / (i + 1), time.time() - t)
    return running / len(loader)


@torch.inference_mode()
def validate(loader):
    global best_acc
    model.eval()
    right = total = 0
    loss = 0.0
    for x, y in loader:
        with torch.autocast(device.type, torch.bfloat16):
            o = model(x.to(device))
        right += (o.argmax(1) == y.to(device)).sum().item()
        total += len(y)
        loss += F.cross_entropy(o.float(), y, reduction="sum").item()
    acc = 100.0 * right / total
    best_acc = max(best_acc, acc)
    return {"val_loss": loss / total, "val_acc1": acc}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.classification(classes=6), schedule=scheduler, train_epoch=train_one_epoch, evaluate=validate, objective="acc1", directions={"acc1": "max"})
