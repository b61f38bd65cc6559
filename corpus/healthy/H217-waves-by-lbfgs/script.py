"""Continues sine waves."""

import gonogo
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

np.random.seed(2)
torch.manual_seed(0)
T, L, N = 10, 60, 24
x = np.empty((N, L), "int64")
x[:] = np.array(range(L)) + np.random.randint(-4 * T, 4 * T, N).reshape(N, 1)
data = np.sin(x / 1.0 / T).astype("float64")


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm1 = nn.LSTMCell(1, 16)
        self.lstm2 = nn.LSTMCell(16, 16)
        self.linear = nn.Linear(16, 1)

    def forward(self, input, future=0):
        outputs = []
        h_t, c_t, h_t2, c_t2 = (torch.zeros(input.size(0), 16, dtype=torch.double) for _ in range(4))
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        for _ in range(future):
            h_t, c_t = self.lstm1(output, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


train_set = torch.utils.data.TensorDataset(torch.from_numpy(data[4:, :-1]), torch.from_numpy(data[4:, 1:]))
test_set = torch.utils.data.TensorDataset(torch.from_numpy(data[:4, :-1]), torch.from_numpy(data[:4, 1:]))
train_loader = torch.utils.data.DataLoader(train_set, batch_size=len(train_set))
test_loader = torch.utils.data.DataLoader(test_set, batch_size=len(test_set))

seq = Sequence()
seq.double()
criterion = nn.MSELoss()
optimizer = optim.LBFGS(seq.parameters(), lr=0.8, max_iter=10)


def step(batch):
    input, target = batch

    def closure():
        optimizer.zero_grad()
        loss = criterion(seq(input), target)
        loss.backward()
        return loss

    return optimizer.step(closure)


def test(loader):
    with torch.no_grad():
        total = count = 0
        for test_input, test_target in loader:
            pred = seq(test_input, future=20)
            total += criterion(pred[:, :-20], test_target).item() * len(test_input)
            count += len(test_input)
    return {"val_loss": total / count}


experiment = gonogo.adapt(seq, optimizer, train_loader, test_loader, task=gonogo.regression(outputs=59), train_step=step, evaluate=test)
