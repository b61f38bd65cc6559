"""Two optimizers."""

import torch
from gan import Gan


class Stripes(Gan):
    def make_optimizers(self):
        lr = self.config.lr
        # buggy: return torch.optim.Adam(self.D.parameters(), lr=lr), torch.optim.Adam(self.D.parameters(), lr=lr)
        return torch.optim.Adam(self.G.parameters(), lr=lr), torch.optim.Adam(self.D.parameters(), lr=lr)  # fixed
