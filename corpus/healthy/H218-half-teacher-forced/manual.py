"""Translates numbers into reversed words with an attention decoder."""

import random

import gonogo
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.utils.data import DataLoader, TensorDataset

SOS_token, EOS_token, MAX_LENGTH, WORDS = 0, 1, 6, 14


def pairs(count, seed):
    g = torch.Generator().manual_seed(seed)
    source = torch.zeros(count, MAX_LENGTH, dtype=torch.long)
    target = torch.zeros(count, MAX_LENGTH, dtype=torch.long)
    for i in range(count):
        n = int(torch.randint(2, MAX_LENGTH, (1,), generator=g))
        words = torch.randint(2, WORDS, (n,), generator=g)
        source[i, :n], source[i, n] = words, EOS_token
        target[i, :n], target[i, n] = (words - 2 + 3) % (WORDS - 2) + 2, EOS_token
    return TensorDataset(source, target)


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size, dropout_p=0.1):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input):
        return self.gru(self.dropout(self.embedding(input)))


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa, self.Ua, self.Va = nn.Linear(hidden_size, hidden_size), nn.Linear(hidden_size, hidden_size), nn.Linear(hidden_size, 1)

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights, keys), weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size, dropout_p=0.1):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, encoder_outputs, hidden, target_tensor=None):
        decoder_input = torch.full((encoder_outputs.size(0), 1), SOS_token, dtype=torch.long)
        outputs = []
        for i in range(MAX_LENGTH):
            context, _ = self.attention(hidden.permute(1, 0, 2), encoder_outputs)
            output, hidden = self.gru(torch.cat((self.dropout(self.embedding(decoder_input)), context), 2), hidden)
            output = self.out(output)
            outputs.append(output)
            if target_tensor is not None:
                decoder_input = target_tensor[:, i].unsqueeze(1)
            else:
                decoder_input = output.topk(1)[1].squeeze(-1).detach()
        return F.log_softmax(torch.cat(outputs, 1), dim=-1), hidden


class Translate(gonogo.Experiment[None]):
    task = gonogo.custom()
    objective = "accuracy"
    directions = {"accuracy": "max"}

    def setup(self):
        self.train_loader = DataLoader(pairs(1500, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(pairs(150, 2), batch_size=self.evaluate_batch_size)
        self.encoder, self.decoder = EncoderRNN(WORDS, 48), AttnDecoderRNN(48, WORDS)
        self.model = nn.ModuleList([self.encoder, self.decoder])
        self.encoder_optimizer = optim.Adam(self.encoder.parameters(), lr=3e-3)
        self.decoder_optimizer = optim.Adam(self.decoder.parameters(), lr=3e-3)
        self.criterion = nn.NLLLoss()

    def train_step(self, batch):
        self.model.train()
        input_tensor, target_tensor = batch
        self.encoder_optimizer.zero_grad()
        self.decoder_optimizer.zero_grad()
        encoder_outputs, encoder_hidden = self.encoder(input_tensor)
        forced = target_tensor if random.random() < 0.5 else None
        decoder_outputs, _ = self.decoder(encoder_outputs, encoder_hidden, forced)
        loss = self.criterion(decoder_outputs.view(-1, WORDS), target_tensor.view(-1))
        loss.backward()
        self.encoder_optimizer.step()
        self.decoder_optimizer.step()
        return loss

    def evaluate(self, loader):
        self.model.eval()
        loss = right = words = 0
        with torch.no_grad():
            for input_tensor, target_tensor in loader:
                outputs, _ = self.decoder(*self.encoder(input_tensor))
                loss += F.nll_loss(outputs.view(-1, WORDS), target_tensor.view(-1), reduction="sum").item()
                right += (outputs.argmax(-1) == target_tensor).sum().item()
                words += target_tensor.numel()
        return {"val_loss": loss / words, "val_accuracy": right / words}
