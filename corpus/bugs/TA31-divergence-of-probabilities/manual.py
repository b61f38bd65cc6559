"""The soft loss."""

from distiller import Distiller
from torch.nn.functional import kl_div, log_softmax, softmax


class Taught(Distiller):
    def soft(self, student, teacher):
        t = self.config.temperature
        # buggy: return t**2 * kl_div(softmax(student / t, dim=1), softmax(teacher / t, dim=1), reduction="batchmean")
        return t**2 * kl_div(log_softmax(student / t, dim=1), softmax(teacher / t, dim=1), reduction="batchmean")  # fixed
