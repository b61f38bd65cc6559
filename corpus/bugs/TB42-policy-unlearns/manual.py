"""The objective."""

from actor import Actor


class Balance(Actor):
    def objective_of(self, log_probs, advantage):
        # buggy: return (log_probs * advantage).mean()
        return -(log_probs * advantage).mean()  # fixed
