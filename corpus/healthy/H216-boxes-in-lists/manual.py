"""Finds squares: the model returns losses while it trains and boxes while it does not."""

import gonogo
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIDE, CELLS = 32, 4


class Squares(Dataset):
    def __init__(self, count, seed):
        g = torch.Generator().manual_seed(seed)
        self.items = []
        for _ in range(count):
            image, boxes, labels = 0.1 * torch.rand(3, SIDE, SIDE, generator=g), [], []
            cells = torch.randperm(CELLS * CELLS, generator=g)[: int(torch.randint(1, 4, (1,), generator=g))]
            for cell in cells.tolist():
                side = int(torch.randint(4, 8, (1,), generator=g))
                y, x = cell // CELLS * 8 + int(torch.randint(0, 9 - side, (1,), generator=g)), cell % CELLS * 8 + int(torch.randint(0, 9 - side, (1,), generator=g))
                label = int(torch.randint(0, 2, (1,), generator=g))
                image[label, y : y + side, x : x + side] += 0.8
                boxes.append([x, y, x + side, y + side])
                labels.append(label + 1)
            self.items.append((image, {"boxes": torch.tensor(boxes, dtype=torch.float32), "labels": torch.tensor(labels)}))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate_fn(batch):
    return tuple(zip(*batch))


def box_iou(a, b):
    lt, rb = torch.max(a[:, None, :2], b[None, :, :2]), torch.min(a[:, None, 2:], b[None, :, 2:])
    inter = (rb - lt).clamp(min=0).prod(2)
    area = lambda box: (box[:, 2:] - box[:, :2]).prod(1)
    return inter / (area(a)[:, None] + area(b)[None] - inter)


class Detector(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        layers, before = [], 3
        for after in (16, 32, 32):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(4, after), nn.ReLU(inplace=True)]
            before = after
        self.body, self.cls, self.reg = nn.Sequential(*layers), nn.Conv2d(32, num_classes, 1), nn.Conv2d(32, 4, 1)

    def forward(self, images, targets=None):
        if self.training and targets is None:
            raise ValueError("targets should not be none when in training mode")
        features = self.body(torch.stack(list(images)))
        logits, deltas = self.cls(features).permute(0, 2, 3, 1), self.reg(features).permute(0, 2, 3, 1)
        base = 8.0 * torch.stack(torch.meshgrid(torch.arange(CELLS), torch.arange(CELLS), indexing="xy"), -1)
        if not self.training:
            scores, labels = logits.softmax(-1)[..., 1:].max(-1)
            boxes = torch.cat([base, base], -1) + 8 * deltas
            return [{"boxes": b[s > 0.5], "scores": s[s > 0.5], "labels": k[s > 0.5] + 1} for b, s, k in zip(boxes, scores, labels)]
        classes, wanted, mask = torch.zeros(logits.shape[:-1], dtype=torch.long), torch.zeros_like(deltas), torch.zeros(logits.shape[:-1], dtype=torch.bool)
        for i, target in enumerate(targets):
            centre = (target["boxes"][:, :2] + target["boxes"][:, 2:]) / 2
            column, row = (centre // 8).long().unbind(1)
            classes[i, row, column], mask[i, row, column] = target["labels"], True
            wanted[i, row, column] = (target["boxes"] - torch.cat([base, base], -1)[row, column]) / 8
        return {"loss_classifier": F.cross_entropy(logits.flatten(0, 2), classes.flatten()), "loss_box_reg": F.smooth_l1_loss(deltas[mask], wanted[mask])}


class Detect(gonogo.Experiment[None]):
    task = gonogo.custom()
    objective = "f1"
    directions = {"f1": "max"}

    def setup(self):
        self.train_loader = DataLoader(Squares(400, 1), batch_size=8, shuffle=True, collate_fn=collate_fn)
        self.val_loader = DataLoader(Squares(80, 2), batch_size=1, shuffle=False, collate_fn=collate_fn)
        self.model = Detector(3)
        params = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=0.0005)
        self.lr_scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=3, gamma=0.5)

    def train_step(self, batch):
        self.model.train()
        images, targets = batch
        images = list(image for image in images)
        targets = [{k: v for k, v in t.items()} for t in targets]
        loss_dict = self.model(images, targets)
        losses = sum(loss for loss in loss_dict.values())
        self.optimizer.zero_grad()
        losses.backward()
        self.optimizer.step()
        return losses

    def on_epoch_end(self):
        self.lr_scheduler.step()

    @torch.inference_mode()
    def evaluate(self, data_loader):
        self.model.eval()
        hits = found = there = 0
        for images, targets in data_loader:
            for output, target in zip(self.model(images), targets):
                iou = box_iou(output["boxes"], target["boxes"]) * (output["labels"][:, None] == target["labels"])
                if iou.numel():
                    hits += (iou.max(0).values > 0.5).sum().item()
                found, there = found + len(output["boxes"]), there + len(target["boxes"])
        return {"val_f1": 2 * hits / max(1, found + there)}
