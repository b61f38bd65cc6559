"""One fold of a table competition."""

import copy
import random

import gonogo
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, Dataset


class CFG:
    seed = 42
    n_splits = 5
    fold = 0
    batch_size = 64
    lr = 2e-3
    weight_decay = 1e-5
    patience = 5


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


seed_everything(CFG.seed)

rng = np.random.default_rng(7)
n = 1200
pclass, sex, port = rng.integers(0, 3, n), rng.integers(0, 2, n), rng.integers(0, 4, n)
age = np.where(rng.random(n) < 0.2, np.nan, rng.gamma(6, 5, n))
fare = np.exp(rng.normal(4 - pclass, 0.5, n))
family = rng.poisson(0.8, n)
logit = 1.8 * sex - 1.1 * pclass - 0.03 * np.nan_to_num(age, nan=30) - 0.3 * family + 0.2 * port + 1
survived = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.float32)

cat = np.stack([pclass, sex, port], 1)
num = np.stack([age, np.log1p(fare), family, np.isnan(age)], 1)


class TabularDataset(Dataset):
    def __init__(self, cat, num, target):
        self.cat, self.num, self.target = cat, num, target

    def __len__(self):
        return len(self.target)

    def __getitem__(self, idx):
        return {
            "cat": torch.tensor(self.cat[idx], dtype=torch.long),
            "num": torch.tensor(self.num[idx], dtype=torch.float),
            "target": torch.tensor(self.target[idx], dtype=torch.float),
        }


class TabularNet(nn.Module):
    def __init__(self, cardinalities, n_num):
        super().__init__()
        self.embeddings = nn.ModuleList([nn.Embedding(c, min(50, (c + 1) // 2 + 1)) for c in cardinalities])
        n_emb = sum(e.embedding_dim for e in self.embeddings)
        self.bn = nn.BatchNorm1d(n_num)
        self.layers = nn.Sequential(
            nn.Linear(n_emb + n_num, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1),
        )

    def forward(self, cat, num):
        x = torch.cat([e(cat[:, i]) for i, e in enumerate(self.embeddings)], 1)
        return self.layers(torch.cat([x, self.bn(num)], 1))


skf = StratifiedKFold(n_splits=CFG.n_splits, shuffle=True, random_state=CFG.seed)
train_idx, valid_idx = list(skf.split(cat, survived))[CFG.fold]
median = np.nanmedian(num[train_idx], axis=0)
num = np.where(np.isnan(num), median, num)
scaler = StandardScaler().fit(num[train_idx])
num = scaler.transform(num)
train_loader = DataLoader(TabularDataset(cat[train_idx], num[train_idx], survived[train_idx]), batch_size=CFG.batch_size, shuffle=True, drop_last=True)
valid_loader = DataLoader(TabularDataset(cat[valid_idx], num[valid_idx], survived[valid_idx]), batch_size=128)

model = TabularNet([3, 2, 4], num.shape[1])
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=CFG.lr, weight_decay=CFG.weight_decay)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", factor=0.5, patience=2)
best_auc, best_state = 0.0, None


def train_fn(loader):
    model.train()
    final_loss = 0
    for data in loader:
        optimizer.zero_grad()
        outputs = model(data["cat"], data["num"])
        loss = criterion(outputs, data["target"].view(-1, 1))
        loss.backward()
        optimizer.step()
        final_loss += loss.item()
    return final_loss / len(loader)


def valid_fn(loader):
    global best_auc, best_state
    model.eval()
    final_loss, preds, targets = 0, [], []
    for data in loader:
        with torch.no_grad():
            outputs = model(data["cat"], data["num"])
        final_loss += criterion(outputs, data["target"].view(-1, 1)).item() * len(outputs)
        preds.append(outputs.sigmoid().squeeze(1).numpy())
        targets.append(data["target"].numpy())
    preds, targets = np.concatenate(preds), np.concatenate(targets)
    auc = roc_auc_score(targets, preds)
    scheduler.step(auc)
    if auc > best_auc:
        best_auc, best_state = auc, copy.deepcopy(model.state_dict())
    return {"val_loss": final_loss / len(targets), "val_auc": auc}


experiment = gonogo.adapt(
    model, optimizer, train_loader, valid_loader, task=gonogo.custom(initial={"loss": 0.693}), objective="auc", directions={"auc": "max"},
    train_epoch=train_fn, evaluate=valid_fn,
)
