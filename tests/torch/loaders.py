"""An experiment with its own step, evaluation, checkpoint and loader: two worker processes, a generator of its own, dropout.
Not a planted bug: its resume is exact."""

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


class Loaders(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def setup(self):
        generator = torch.Generator().manual_seed(self.seed)
        image = torch.randn(90, 6, generator=generator)
        label = image[:, :3].argmax(1)
        order = torch.Generator().manual_seed(self.seed)
        self.train_loader = DataLoader(TensorDataset(image, label), batch_size=20, shuffle=True, generator=order, num_workers=2, drop_last=True)
        self.val_loader = DataLoader(TensorDataset(image[:33], label[:33]), batch_size=10)
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=0.01)
        self.epochs_seen = 0

    def train_step(self, batch):
        self.net.train()
        loss = cross_entropy(self.net(batch[0]), batch[1])
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()  # after the step: gradients must be seen all the same
        return loss

    def on_epoch_end(self):
        self.epochs_seen += 1

    @torch.no_grad()
    def evaluate(self, loader):
        self.net.eval()
        logits, labels = zip(*[(self.net(image), label) for image, label in loader])
        return {"val_loss": cross_entropy(torch.cat(logits), torch.cat(labels))}

    def save(self, path):
        torch.save({"net": self.net.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict(), "epochs": self.epochs_seen}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epochs_seen = state["epochs"]
        self.progress.load_state_dict(state["progress"])
