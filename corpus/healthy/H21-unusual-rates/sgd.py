"""SGD at 0.1 with Nesterov's momentum."""

import torch
from managed_base import Managed


class Unusual(Managed):
    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
