"""A generative adversarial network of points on a ring, trained in one function."""

import gonogo
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.utils.data import DataLoader, TensorDataset


def ring(count, seed):
    g = torch.Generator().manual_seed(seed)
    angle = 6.283 * torch.rand(count, generator=g)
    return torch.stack([angle.cos(), angle.sin()], 1) + 0.05 * torch.randn(count, 2, generator=g)


def net(inputs, outputs, width=48):
    return nn.Sequential(nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, outputs))


netG, netD = net(4, 2), net(2, 1)
optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
train_loader = DataLoader(TensorDataset(ring(800, 1)), batch_size=64, shuffle=True)
val_loader = DataLoader(TensorDataset(ring(200, 2)), batch_size=100)


def train_step(batch):
    (real,) = batch
    netG.train(), netD.train()
    fake = netG(torch.randn(len(real), 4))
    one, zero = torch.ones(len(real), 1), torch.zeros(len(real), 1)

    optD.zero_grad()
    errD = bce(netD(real), one) + bce(netD(fake.detach()), zero)
    errD.backward()
    optD.step()

    optG.zero_grad()
    errG = bce(netD(fake), one)
    errG.backward()
    optG.step()  # fixed
    # buggy: optD.step()
    return {"loss": errG.detach(), "loss_d": errD.detach()}


@torch.no_grad()
def evaluate(loader):
    """How far what is made lies from the ring, and how far real points lie from what is made."""
    netG.eval()
    real = torch.cat([x for (x,) in loader])
    made = netG(torch.randn(400, 4, generator=torch.Generator().manual_seed(0)))
    apart = torch.cdist(real, made)
    return {"val_loss": (apart.amin(1).mean() + apart.amin(0).mean()).item()}


experiment = gonogo.adapt(netG, optG, train_loader, val_loader, netD=netD, optD=optD, train_step=train_step, evaluate=evaluate, task=gonogo.custom())
