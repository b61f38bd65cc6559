"""Classifies short news."""

import random

import gonogo
import torch
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data.dataset import random_split

TOPICS = {1: "war minister vote treaty border", 2: "match goal team coach league", 3: "stocks profit market bank trade", 4: "chip software robot phone network"}
COMMON = "the a of to in and on said new after with for as at by today".split()


def news(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        label = draw.randint(1, 4)
        yield label, " ".join(draw.choice(TOPICS[label].split()) if draw.random() < 0.25 else draw.choice(COMMON) for _ in range(draw.randint(8, 20)))


def yield_tokens(data_iter):
    for _, text in data_iter:
        yield from text.split()


train_iter, test_iter = list(news(1600, 1)), list(news(300, 2))
vocab = {"<unk>": 0}
for token in yield_tokens(train_iter):
    vocab.setdefault(token, len(vocab))
text_pipeline = lambda x: [vocab.get(token, 0) for token in x.split()]
label_pipeline = lambda x: int(x) - 1


def collate_batch(batch):
    label_list, text_list, offsets = [], [], [0]
    for _label, _text in batch:
        label_list.append(label_pipeline(_label))
        processed_text = torch.tensor(text_pipeline(_text), dtype=torch.int64)
        text_list.append(processed_text)
        offsets.append(processed_text.size(0))
    return torch.tensor(label_list, dtype=torch.int64), torch.cat(text_list), torch.tensor(offsets[:-1]).cumsum(dim=0)


class TextClassificationModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, sparse=False)
        self.fc = nn.Linear(embed_dim, num_class)
        self.init_weights()

    def init_weights(self):
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


model = TextClassificationModel(len(vocab), 64, 4)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=5)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1.0, gamma=0.1)
total_accu = None
split_train_, split_valid_ = random_split(train_iter, [1520, 80])
train_dataloader = DataLoader(split_train_, batch_size=8, shuffle=True, collate_fn=collate_batch)
valid_dataloader = DataLoader(split_valid_, batch_size=8, shuffle=True, collate_fn=collate_batch)
test_dataloader = DataLoader(test_iter, batch_size=8, shuffle=True, collate_fn=collate_batch)


def train(dataloader):
    model.train()
    total_acc, total_count = 0, 0
    for idx, (label, text, offsets) in enumerate(dataloader):
        optimizer.zero_grad()
        predicted_label = model(text, offsets)
        loss = criterion(predicted_label, label)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        total_acc += (predicted_label.argmax(1) == label).sum().item()
        total_count += label.size(0)
        if idx % 50 == 0 and idx > 0:
            print(f"{idx:5d}/{len(dataloader):5d} batches | accuracy {total_acc / total_count:8.3f}")
            total_acc, total_count = 0, 0


def evaluate(dataloader):
    model.eval()
    total_acc, total_count = 0, 0
    with torch.no_grad():
        for label, text, offsets in dataloader:
            predicted_label = model(text, offsets)
            total_acc += (predicted_label.argmax(1) == label).sum().item()
            total_count += label.size(0)
    return {"val_accuracy": total_acc / total_count}


def epoch_end():
    global total_accu
    accu_val = evaluate(valid_dataloader)["val_accuracy"]
    if total_accu is not None and total_accu > accu_val:
        scheduler.step()
    else:
        total_accu = accu_val


experiment = gonogo.adapt(
    model, optimizer, train_dataloader, valid_dataloader, test_loader=test_dataloader, task=gonogo.classification(classes=4),
    train_epoch=train, evaluate=evaluate, on_epoch_end=epoch_end,
)
