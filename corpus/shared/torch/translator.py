"""A healthy sequence-to-sequence transformer: sentences turned round and renamed, padded to the longest of a batch.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset

PAD, BOS, EOS, WORDS, LONGEST = 0, 1, 2, 16, 12


@dataclass
class Config:
    width: int = gonogo.number(32, min=8)
    dropout: float = gonogo.number(0.1, min=0, max=0.9)
    lr: float = gonogo.number(3e-3, above=0)


class Pairs(Dataset):
    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(17)
        renamed = torch.cat([torch.arange(3), 3 + torch.randperm(WORDS - 3, generator=generator)])
        generator.manual_seed(seed)
        self.pairs = []
        for _ in range(count):
            length = int(torch.randint(3, LONGEST - 1, (), generator=generator))
            words = torch.randint(3, WORDS, (length,), generator=generator)
            self.pairs.append((words, renamed[words.flip(0)]))

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        source, target = self.pairs[index]
        return source, torch.cat([torch.tensor([BOS]), target, torch.tensor([EOS])])


def collate(samples):
    sources, targets = zip(*samples)
    pad = lambda rows: nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=PAD)
    return {"source": pad(sources), "target": pad(targets)}


class Seq2Seq(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, width, padding_idx=PAD), nn.Embedding(LONGEST + 2, width)
        self.transformer = nn.Transformer(width, 2, 1, 1, 2 * width, dropout, batch_first=True, norm_first=True)
        self.head = nn.Linear(width, WORDS)

    def embed(self, words):
        return self.words(words) + self.places(torch.arange(words.shape[1], device=words.device))

    def padding(self, words):
        return words == PAD

    def future(self, time):
        return torch.ones(time, time, dtype=torch.bool).triu(1)

    def forward(self, source, target):  # → logits [batch, time, words]
        masked = self.padding(source)
        h = self.transformer(
            self.embed(source), self.embed(target), tgt_mask=self.future(target.shape[1]),
            src_key_padding_mask=masked, memory_key_padding_mask=masked, tgt_key_padding_mask=self.padding(target),
        )
        return self.head(h)


class Translator(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "token_accuracy"
    directions = {"token_accuracy": "max"}

    def setup(self):
        self.train_loader = DataLoader(Pairs(640, 1), batch_size=self.batch_size, shuffle=True, collate_fn=collate)
        self.val_loader = DataLoader(Pairs(130, 2), batch_size=self.evaluate_batch_size, collate_fn=collate)
        self.model = self.build()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr, betas=(0.9, 0.98), eps=1e-9)
        warm_up = max(1, self.steps // 10)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: min((step + 1) / warm_up, (warm_up / (step + 1)) ** 0.5))

    def build(self):
        return Seq2Seq(self.config.width, self.config.dropout)

    def shifted(self, target):
        return target[:, :-1], target[:, 1:]

    def train_step(self, batch):
        self.model.train()
        given, wanted = self.shifted(batch["target"])
        logits = self.model(batch["source"], given)
        loss = cross_entropy(logits.reshape(-1, WORDS), wanted.reshape(-1), ignore_index=PAD)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for batch in loader:
            given, wanted = self.shifted(batch["target"])
            logits = self.model(batch["source"], given)
            total += cross_entropy(logits.reshape(-1, WORDS), wanted.reshape(-1), ignore_index=PAD, reduction="sum").item()
            r, c = self.hits(logits.argmax(-1), wanted)
            right, count = right + r, count + c
        return {"val_loss": total / count, "val_token_accuracy": right / count}

    def hits(self, guess, wanted):
        real = wanted != PAD
        return ((guess == wanted) & real).sum().item(), real.sum().item()

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
