"""Splits."""

import torch
from demand import WINDOW, Demand, Windows, rows


class NextHour(Demand):
    def datasets(self):
        series = rows()
        series = (series - series[:900].mean(0)) / series[:900].std(0)
        count = len(series) - WINDOW
        # buggy: order = torch.randperm(count, generator=torch.Generator().manual_seed(0)).tolist()
        # buggy: return {"train": Windows(series, order[:880]), "val": Windows(series, order[880:])}
        return {"train": Windows(series[:900]), "val": Windows(series[900:])}  # fixed
