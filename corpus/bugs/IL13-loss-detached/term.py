"""Two terms, one of which asks for consistency under a flip."""

from managed_base import Managed
from torch.nn.functional import cross_entropy


class Consistent(Managed):
    def loss(self, batch):
        image, label = batch
        logits = self.model(image)
        other = self.model(image.flip(-1))
        # buggy: logits_kept, other = logits.detach(), other.detach()
        logits_kept = logits  # fixed
        return {"fit": cross_entropy(logits, label), "consistency": 0.1 * (logits_kept - other).square().mean()}
