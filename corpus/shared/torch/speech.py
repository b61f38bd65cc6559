"""A healthy recogniser with CTC, through Accelerate: a recurrent net hears tones of different lengths.
A script with parts that a bug replaces; not a bug itself."""

import gonogo
import torch
from accelerate import Accelerator
from torch import nn
from torch.nn.functional import ctc_loss
from torch.utils.data import DataLoader, Dataset

BLANK, LETTERS, BANDS = 0, 6, 8


class Utterances(Dataset):
    """Two to four letters, each held for three to six frames of noisy bands."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(23)
        tone = 1.5 * torch.randn(LETTERS + 1, BANDS, generator=generator)
        generator.manual_seed(seed)
        self.samples = []
        for _ in range(count):
            letters = torch.randint(1, LETTERS + 1, (int(torch.randint(2, 5, (), generator=generator)),), generator=generator)
            held = torch.randint(3, 7, letters.shape, generator=generator)
            frames = tone[letters.repeat_interleave(held)]
            self.samples.append((frames + 0.5 * torch.randn(frames.shape, generator=generator), letters))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


def collate(samples):
    frames, letters = zip(*samples)
    return {
        "frames": nn.utils.rnn.pad_sequence(list(frames), batch_first=True),
        "frame_lengths": torch.tensor([len(one) for one in frames]),
        "letters": nn.utils.rnn.pad_sequence(list(letters), batch_first=True, padding_value=-1),
        "letter_lengths": torch.tensor([len(one) for one in letters]),
    }


class Recogniser(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.front, self.recurrent = nn.Linear(BANDS, width), nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, LETTERS + 1)

    def forward(self, frames, lengths):  # [batch, time, bands] → log probabilities [time, batch, letters + 1]
        packed = nn.utils.rnn.pack_padded_sequence(torch.relu(self.front(frames)), lengths.cpu(), batch_first=True, enforce_sorted=False)
        h, _ = nn.utils.rnn.pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=frames.shape[1])
        return self.head(h).transpose(0, 1).log_softmax(2)


def spelled(log_probs, lengths):
    """The best path without repeats and blanks."""
    best = log_probs.argmax(2).T
    return [[int(a) for a, b in zip(row[:n], [-1, *row[: n - 1].tolist()]) if a != b and a != BLANK] for row, n in zip(best, lengths.tolist())]


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def listener(model, lengths=lambda batch: batch["frame_lengths"], criterion=ctc_loss):
    accelerator = Accelerator(cpu=True)
    train_loader = DataLoader(Utterances(480, 1), batch_size=32, shuffle=True, collate_fn=collate)
    val_loader = DataLoader(Utterances(90, 2), batch_size=45, collate_fn=collate)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    model, optimizer, train_loader, val_loader = accelerator.prepare(model, optimizer, train_loader, val_loader)

    def loss_of(batch, reduction):
        log_probs = model(batch["frames"], batch["frame_lengths"])
        heard = lengths(batch)
        return log_probs, criterion(log_probs, batch["letters"].clamp(min=0), heard, batch["letter_lengths"], blank=BLANK, reduction=reduction)

    def train_step(batch):
        model.train()
        _, losses = loss_of(batch, "none")
        loss = losses.mean()
        optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        return loss

    @torch.no_grad()
    def evaluate(loader):
        model.eval()
        total = count = errors = letters = 0
        for batch in loader:
            log_probs, losses = loss_of(batch, "none")
            total, count = total + losses.sum().item(), count + len(losses)
            for guess, row, n in zip(spelled(log_probs, batch["frame_lengths"]), batch["letters"].tolist(), batch["letter_lengths"].tolist()):
                errors, letters = errors + distance(guess, row[:n]), letters + n
        return {"val_loss": total / count, "val_error_rate": errors / letters}

    return gonogo.adapt(
        model, optimizer, train_loader, val_loader, accelerator=accelerator, train_step=train_step, evaluate=evaluate, task=gonogo.custom()
    )
