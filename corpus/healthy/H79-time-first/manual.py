"""Words of made-up sentences turned into others: samples are text, batches are [time, samples] as nn.LSTM takes them by default."""

import gonogo
import torch
from regressor import Regressor
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

WORDS, PAD, LONGEST = 12, 0, 9


def sentences(count, seed):
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(count):
        length = int(torch.randint(3, LONGEST + 1, (), generator=generator))
        words = torch.randint(1, WORDS, (length,), generator=generator).tolist()
        made.append((" ".join(f"a{word}" for word in words), " ".join(f"b{(5 * word) % 13 % WORDS or 1}" for word in words)))
    return made


def collate(samples):
    numbers = [[torch.tensor([int(word[1:]) for word in text.split()]) for text in column] for column in zip(*samples)]
    return tuple(nn.utils.rnn.pad_sequence(column, padding_value=PAD) for column in numbers)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.recurrent, self.head = nn.Embedding(WORDS, 16), nn.LSTM(16, 32), nn.Linear(32, WORDS)

    def forward(self, words):  # [time, samples] → [time, samples, words]
        return self.head(self.recurrent(self.words(words))[0])


class Renamed(Regressor):
    task = gonogo.custom()

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(sentences(640, 1), batch_size=self.batch_size, shuffle=True, collate_fn=collate)
        self.val_loader = DataLoader(sentences(203, 2), batch_size=self.evaluate_batch_size, collate_fn=collate)
        self.model = Tagger()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=5e-3)

    def summed(self, source, target):
        return cross_entropy(self.model(source).flatten(0, 1), target.flatten(), ignore_index=PAD, reduction="sum")

    def train_step(self, batch):
        source, target = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.summed(source, target) / (target != PAD).sum()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        words = sum((target != PAD).sum().item() for _, target in loader)
        return {"val_loss": sum(self.summed(source, target).item() for source, target in loader) / words}
