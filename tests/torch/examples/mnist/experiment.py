"""pytorch/examples' mnist/main.py as it is: its network, its loop of an epoch, its test. What its main() builds is built here.
Needs $GONOGO_EXAMPLES/mnist/main.py, MNIST's files under $GONOGO_EXAMPLES/data/MNIST/raw, and torchvision."""

import os
import sys
from types import SimpleNamespace

import gonogo
import torch
from torch.optim.lr_scheduler import StepLR
from torchvision import datasets, transforms

examples = os.environ["GONOGO_EXAMPLES"]
sys.path.insert(0, os.path.join(examples, "mnist"))
import main as mnist

args = SimpleNamespace(log_interval=10, dry_run=False)
device = torch.device("cpu")
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
data = os.path.join(examples, "data")
train_loader = torch.utils.data.DataLoader(datasets.MNIST(data, train=True, transform=transform), batch_size=64)
test_loader = torch.utils.data.DataLoader(datasets.MNIST(data, train=False, transform=transform), batch_size=1000)
model = mnist.Net().to(device)
optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
scheduler = StepLR(optimizer, step_size=1, gamma=0.7)

experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    test_loader,
    task=gonogo.classification(classes=10),
    train_epoch=lambda loader: mnist.train(args, model, device, loader, optimizer, 1),
    schedule=scheduler,
    schedule_every="epoch",
)
