"""Two boxes a picture, as corners in pixels; a batch is a dict."""

import gonogo
import torch
from everyday import Loop
from torch import nn
from torch.nn.functional import l1_loss
from torch.utils.data import DataLoader, Dataset

SIZE = 16


class Scenes(Dataset):
    """A bright square and a dark one."""

    def __init__(self, count, seed):
        g = torch.Generator().manual_seed(seed)
        self.rows = []
        for _ in range(count):
            image, boxes = 0.1 * torch.randn(1, SIZE, SIZE, generator=g), []
            for value in (1.0, -1.0):
                side = int(torch.randint(3, 6, (), generator=g))
                x, y = torch.randint(0, SIZE - side, (2,), generator=g).tolist()
                image[0, y : y + side, x : x + side] += value
                boxes.append([x, y, x + side, y + side])
            self.rows.append((image, torch.tensor(boxes, dtype=torch.float32)))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


class Batch:
    def __init__(self, flip):
        self.flip = flip

    def __call__(self, samples):
        images, boxes = [], []
        for image, corners in samples:
            if self.flip and torch.rand(()) < 0.5:
                image = image.flip(-1)
                corners = torch.stack([SIZE - corners[:, 2], corners[:, 1], SIZE - corners[:, 0], corners[:, 3]], 1)  # fixed
            images.append(image), boxes.append(corners)
        return {"image": torch.stack(images), "boxes": torch.stack(boxes)}


class Detect(Loop):
    task = gonogo.custom()

    def setup(self):
        self.train_loader = DataLoader(Scenes(640, 1), batch_size=self.batch_size, shuffle=True, collate_fn=Batch(True))
        self.val_loader = DataLoader(Scenes(130, 2), batch_size=self.evaluate_batch_size, collate_fn=Batch(False))
        width = self.config.width
        self.model = nn.Sequential(
            nn.Conv2d(1, width, 3, 2, 1), nn.ReLU(), nn.Conv2d(width, width, 3, 2, 1), nn.ReLU(), nn.Flatten(),
            nn.Linear(16 * width, 64), nn.ReLU(), nn.Linear(64, 8), nn.Unflatten(1, (2, 4)),
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def error(self, batch):
        return l1_loss(self.model(batch["image"]), batch["boxes"] / SIZE)

    def train_step(self, batch):
        self.model.train()
        return self.update(self.error(batch))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for batch in loader:
            total, count = total + self.error(batch).item() * len(batch["image"]), count + len(batch["image"])
        return {"val_loss": total / count}
