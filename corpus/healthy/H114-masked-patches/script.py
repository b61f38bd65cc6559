"""A masked autoencoder: three quarters of the patches are hidden, the loss is that of the hidden ones."""

import gonogo
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PATCH, GRID, WIDTH = 4, 4, 32
PATCHES, PIXELS, KEEP = GRID * GRID, PATCH * PATCH, 6


def waves(count, seed):
    g = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(0, 1, PATCH * GRID), torch.linspace(0, 1, PATCH * GRID), indexing="ij")
    fy, fx, phase = (6 * torch.rand(3, count, 1, 1, generator=g)).unbind(0)
    return TensorDataset(torch.sin(fy * y + fx * x + phase) + 0.05 * torch.randn(count, PATCH * GRID, PATCH * GRID, generator=g))


def patchify(images):
    return images.view(-1, GRID, PATCH, GRID, PATCH).transpose(2, 3).reshape(-1, PATCHES, PIXELS)


def layer():
    return nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)


class MAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Linear(PIXELS, WIDTH), nn.Linear(WIDTH, PIXELS)
        self.position = nn.Parameter(0.02 * torch.randn(PATCHES, WIDTH))
        self.hidden = nn.Parameter(0.02 * torch.randn(WIDTH))
        self.encoder, self.decoder = nn.Sequential(layer(), layer(), nn.LayerNorm(WIDTH)), nn.Sequential(layer(), nn.LayerNorm(WIDTH))

    def forward(self, patches, noise):
        """`noise` [batch, patches] says which are kept: the lowest. → reconstruction, and 1.0 where hidden."""
        order = noise.argsort(1)
        kept = order[:, :KEEP]
        tokens = self.embed(patches) + self.position
        seen = self.encoder(tokens.gather(1, kept[..., None].expand(-1, -1, WIDTH)))
        full = self.hidden.expand_as(tokens).scatter(1, kept[..., None].expand(-1, -1, WIDTH), seen)
        hidden = torch.ones_like(noise).scatter(1, kept, 0.0)
        return self.head(self.decoder(full + self.position)), hidden


def hidden_loss(seen, patches, hidden):
    """A mean over the hidden patches, for each image."""
    return ((seen - patches).pow(2).mean(2) * hidden).sum(1) / hidden.sum(1)


model = MAE()
train_loader = DataLoader(waves(640, 1), batch_size=32, shuffle=True)
val_loader = DataLoader(waves(150, 2), batch_size=50)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.95))


def train_step(batch):
    model.train()
    patches = patchify(batch[0])
    seen, hidden = model(patches, torch.rand(len(patches), PATCHES))
    loss = hidden_loss(seen, patches, hidden).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    total = count = 0
    generator = torch.Generator().manual_seed(0)
    for (images,) in loader:
        patches = patchify(images)
        noise = torch.rand(len(patches), PATCHES, generator=generator)
        seen, hidden = model(patches, noise)
        total += hidden_loss(seen, patches, hidden).sum().item()
        count += len(patches)
    return {"val_loss": total / count}


experiment = gonogo.adapt(model, optimizer, train_loader, val_loader, task=gonogo.custom(), train_step=train_step, evaluate=evaluate)
