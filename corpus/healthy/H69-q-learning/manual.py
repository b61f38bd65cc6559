"""A grid."""

from dqn import QLearner


class Grid(QLearner):
    pass
