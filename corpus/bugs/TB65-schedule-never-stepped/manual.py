"""Epochs."""

from churn import Churn


class Leaves(Churn):
    def on_epoch_end(self):
        # buggy: pass
        self.schedule.step()  # fixed
