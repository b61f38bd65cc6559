"""The same, but the discriminator isn't stepped at all before its start."""

import gonogo
import torch
import torch.nn.functional as F
from small_data import clouds, loaders
from torch import nn

DISC_START = 60
G = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4), nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 16))
D = nn.Sequential(nn.Linear(16, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
train_loader, val_loader = loaders(clouds)
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3)
global_step = 0


def step(batch):
    global global_step
    x, _ = batch
    out = G(x)
    loss = F.mse_loss(out, x)
    if global_step >= DISC_START:
        loss = loss - 0.1 * D(out).mean()
    opt_g.zero_grad()
    loss.backward()
    opt_g.step()
    if global_step >= DISC_START:
        d_loss = 0.5 * (F.relu(1 - D(x)).mean() + F.relu(1 + D(out.detach())).mean())
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
    global_step += 1
    return loss


@torch.no_grad()
def evaluate(loader):
    s = n = 0
    for x, _ in loader:
        s += F.mse_loss(G(x), x, reduction="sum").item() / 16
        n += len(x)
    return {"val_loss": s / n}


experiment = gonogo.adapt(G, opt_g, train_loader, val_loader, task=gonogo.custom(), train_step=step, evaluate=evaluate, discriminator=D, opt_d=opt_d)
