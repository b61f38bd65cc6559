"""The loss."""

from graph import Nodes
from torch.nn.functional import log_softmax, nll_loss


class Community(Nodes):
    def loss_of(self, logits, graph, nodes, reduction="mean"):
        # buggy: return nll_loss(log_softmax(logits, 0)[nodes], graph["label"][nodes], reduction=reduction)
        return nll_loss(log_softmax(logits, 1)[nodes], graph["label"][nodes], reduction=reduction)  # fixed
