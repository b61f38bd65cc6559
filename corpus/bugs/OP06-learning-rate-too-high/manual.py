"""Plain descent with a long warm-up."""

import torch
from regressor import Regressor
from torch.nn.functional import mse_loss

PEAK = 0.05  # fixed
# buggy: PEAK = 5.0


class WarmedUp(Regressor):
    def setup(self):
        super().setup()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=PEAK, momentum=0.9)
        self.schedule = torch.optim.lr_scheduler.LinearLR(self.optimizer, 0.001, 1.0, total_iters=max(1, self.steps // 2))

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = mse_loss(self.predict(x), y)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    def save(self, path):
        super().save(path)
        torch.save({**torch.load(path, weights_only=True), "schedule": self.schedule.state_dict()}, path)

    def load(self, path):
        super().load(path)
        self.schedule.load_state_dict(torch.load(path, weights_only=True)["schedule"])
