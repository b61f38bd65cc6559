"""Counts of words as sparse matrices, complex spectra beside them, in bfloat16 where it pays."""
import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset


class Counts(Dataset):
    def __init__(self, count, seed):
        g = torch.Generator().manual_seed(seed)
        self.label = torch.randint(4, (count,), generator=g)
        dense = (torch.rand(count, 50, generator=g) < 0.1).float()
        dense[torch.arange(count), self.label] += 2
        self.rows = [row.to_sparse() for row in dense]
        wave = torch.randn(count, 8, generator=g) + self.label[:, None] * torch.tensor([0.3])
        self.spectrum = torch.fft.rfft(wave)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i], self.spectrum[i], int(self.label[i])


def collate(rows):
    counts, spectra, labels = zip(*rows)
    return torch.stack(counts), torch.stack(spectra), torch.tensor(labels)


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Parameter(torch.randn(50, 16) * 0.1)
        self.waves = nn.Linear(5, 16, dtype=torch.complex64)
        self.head = nn.Linear(32, 4)

    def forward(self, counts, spectra):
        return self.head(torch.cat([torch.sparse.mm(counts, self.words), self.waves(spectra).abs()], 1))


train = DataLoader(Counts(640, 1), batch_size=32, shuffle=True, collate_fn=collate)
val = DataLoader(Counts(203, 2), batch_size=50, collate_fn=collate)
model = Both()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)


def train_step(batch):
    counts, spectra, label = batch
    optimizer.zero_grad()
    loss = cross_entropy(model(counts, spectra), label)
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    right = total = loss = 0
    for counts, spectra, label in loader:
        logits = model(counts, spectra)
        loss += cross_entropy(logits, label, reduction="sum").item()
        right += (logits.argmax(1) == label).sum().item()
        total += len(label)
    return {"val_loss": loss / total, "val_accuracy": right / total}


experiment = gonogo.adapt(model, optimizer, train, val, task=gonogo.classification(classes=4), train_step=train_step, evaluate=evaluate)
