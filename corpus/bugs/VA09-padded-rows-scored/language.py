"""A language model on sentences of unequal length, padded to the longest."""

from language_base import PAD, Language
from torch.nn.functional import cross_entropy


class Padded(Language):
    def loss_of(self, logits, target, reduction):
        return cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD, reduction=reduction)  # fixed
        # buggy: return cross_entropy(logits.flatten(0, 1), target.flatten(), reduction=reduction)

    def counted(self, target):
        return (target != PAD).sum().item()  # fixed
        # buggy: return target.numel()
