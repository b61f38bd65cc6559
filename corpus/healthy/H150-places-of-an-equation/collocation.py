"""PINN: Burgers-like ODE
collocation points fixed once with requires_grad, boundary data in loader."""

import math

import gonogo
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
g = torch.Generator().manual_seed(3)
x_f = (2 * torch.rand(200, 1, generator=g) - 1).requires_grad_(True)
t_f = torch.rand(200, 1, generator=g).requires_grad_(True)
xb = torch.cat([2 * torch.rand(300, 1, generator=g) - 1, torch.zeros(300, 1)], 1)
ub = -torch.sin(math.pi * xb[:, :1])
xv = torch.cat([2 * torch.rand(100, 1, generator=g) - 1, torch.zeros(100, 1)], 1)
train_loader = DataLoader(TensorDataset(xb, ub), batch_size=50, shuffle=True)
val_loader = DataLoader(TensorDataset(xv, -torch.sin(math.pi * xv[:, :1])), batch_size=50)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)


def step(batch):
    x, u0 = batch
    optimizer.zero_grad()
    u = net(torch.cat([x_f, t_f], 1))
    u_x = torch.autograd.grad(u, x_f, torch.ones_like(u), create_graph=True)[0]
    u_t = torch.autograd.grad(u, t_f, torch.ones_like(u), create_graph=True)[0]
    u_xx = torch.autograd.grad(u_x, x_f, torch.ones_like(u), create_graph=True)[0]
    f = u_t + u * u_x - 0.01 / math.pi * u_xx
    loss = F.mse_loss(net(x), u0) + (f ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss


experiment = gonogo.adapt(net, optimizer, train_loader, val_loader, task=gonogo.regression(outputs=1), train_step=step)
