"""Are two digits the same? Pairs are drawn in the data set."""

import random

import gonogo
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        )
        self.fc = nn.Sequential(nn.Linear(2 * 128, 64), nn.ReLU(inplace=True), nn.Linear(64, 1))
        self.sigmoid = nn.Sigmoid()
        self.cnn.apply(self.init_weights)
        self.fc.apply(self.init_weights)

    def init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)
            m.bias.data.fill_(0.01)

    def forward_once(self, x):
        output = self.cnn(x)
        return output.view(output.size()[0], -1)

    def forward(self, input1, input2):
        output = torch.cat((self.forward_once(input1), self.forward_once(input2)), 1)
        return self.sigmoid(self.fc(output))


class APP_MATCHER(Dataset):
    def __init__(self, train):
        digits = load_digits()
        keep = slice(0, 1400) if train else slice(1400, None)
        self.data = torch.tensor(digits.images[keep], dtype=torch.float32) / 16
        self.targets = digits.target[keep]
        self.group = {i: [j for j, t in enumerate(self.targets) if t == i] for i in range(10)}

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        selected_class = random.randint(0, 9)
        first = random.choice(self.group[selected_class])
        if index % 2 == 0:
            second = random.choice(self.group[selected_class])
            while second == first:
                second = random.choice(self.group[selected_class])
            target = torch.tensor(1, dtype=torch.float)
        else:
            other = random.choice([c for c in range(10) if c != selected_class])
            second = random.choice(self.group[other])
            target = torch.tensor(0, dtype=torch.float)
        return self.data[first].unsqueeze(0), self.data[second].unsqueeze(0), target


train_loader = DataLoader(APP_MATCHER(True), batch_size=64, shuffle=True)
test_loader = DataLoader(APP_MATCHER(False), batch_size=200)
model = SiameseNetwork()
criterion = nn.BCELoss()
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = StepLR(optimizer, step_size=1, gamma=0.7)


def train(loader):
    model.train()
    for batch_idx, (images_1, images_2, targets) in enumerate(loader):
        optimizer.zero_grad()
        outputs = model(images_1, images_2).squeeze()
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        if batch_idx % 10 == 0:
            print(f"Loss: {loss.item():.6f}")


def test(loader):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for images_1, images_2, targets in loader:
            outputs = model(images_1, images_2).squeeze(1)
            test_loss += criterion(outputs, targets).sum().item() * len(targets)
            pred = torch.where(outputs > 0.5, 1, 0)
            correct += pred.eq(targets.view_as(pred)).sum().item()
    return {"val_loss": test_loss / len(loader.dataset), "val_accuracy": correct / len(loader.dataset)}


experiment = gonogo.adapt(
    model, optimizer, train_loader, test_loader, task=gonogo.custom(initial={"loss": 0.69}), objective="accuracy", directions={"accuracy": "max"},
    schedule=scheduler, schedule_every="epoch", train_epoch=train, evaluate=test,
)
