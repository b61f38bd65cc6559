"""Writes the PyTorch numbers that goldens.test.ts compares with: `python src/tensor/goldens/make.py`.
Not run by the tests; they read the committed JSON."""
import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as f

HERE = Path(__file__).parent
torch.manual_seed(7)
torch.set_num_threads(1)


def pack(tensor):
    """A tensor as {shape, values}, float32 to nine digits."""
    values = [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]
    return {"shape": list(tensor.shape), "values": values}


def write(name, data):
    (HERE / f"{name}.json").write_text(json.dumps({"torch": torch.__version__, **data}, separators=(",", ":")) + "\n")


def case(name, function, *inputs, settings=None):
    """Forward, and gradients of the sum of the output times fixed weights."""
    leaves = [i.clone().requires_grad_(i.is_floating_point()) for i in inputs]
    y = function(*leaves)
    weights = torch.rand(y.shape) + 0.5
    (y * weights).sum().backward()
    gradients = [pack(leaf.grad) for leaf in leaves if leaf.grad is not None]
    return {"name": name, "settings": settings or {}, "inputs": [pack(i) for i in inputs], "weights": pack(weights),
            "output": pack(y), "gradients": gradients}


def ops():
    cases = []
    for k, s, p, size in [(1, 1, 0, 4), (3, 1, 1, 5), (3, 2, 1, 6), (3, 2, 0, 6), (5, 1, 2, 6), (5, 2, 2, 7), (1, 2, 0, 5), (1, 1, 1, 3)]:
        cases.append(case("conv2d", lambda x, w, b: f.conv2d(x, w, b, stride=s, padding=p), torch.randn(2, 2, size, size),
                          torch.randn(3, 2, k, k), torch.randn(3), settings={"stride": s, "padding": p}))
    for k, s, p, size in [(2, 2, 0, 6), (2, 2, 0, 5), (3, 2, 1, 6), (3, 1, 0, 5)]:
        ties = torch.randint(0, 3, (2, 2, size, size)).float()
        settings = {"kernel": k, "stride": s, "padding": p}
        cases.append(case("maxPool2d", lambda x: f.max_pool2d(x, k, s, p), ties, settings=settings))
        cases.append(case("avgPool2d", lambda x: f.avg_pool2d(x, k, s, p), torch.randn(2, 2, size, size), settings=settings))
    around = torch.tensor([-4.0, -1.5, -0.3, -0.0, 0.0, 0.2, 1.0, 2.5, 6.0])
    for name in ["relu", "gelu", "silu", "sigmoid", "tanh", "softplus"]:
        cases.append(case(name, getattr(f, name), around))
    cases.append(case("softmax", lambda x: f.softmax(x, -1), torch.randn(3, 5) * 20))
    cases.append(case("logSoftmax", lambda x: f.log_softmax(x, -1), torch.randn(3, 5) * 20))
    cases.append(case("amax", lambda x: x.amax(1), torch.randint(0, 3, (3, 5)).float()))
    labels = torch.tensor([0, 4, 2, 2])
    for smoothing in [0.0, 0.1]:
        for reduction in ["mean", "sum", "none"]:
            cases.append(case("crossEntropy", lambda x: f.cross_entropy(x, labels, label_smoothing=smoothing, reduction=reduction),
                              torch.randn(4, 5) * 3, settings={"smoothing": smoothing, "reduction": reduction, "labels": labels.tolist()}))
    cases.append(case("bceWithLogits", lambda x, y: f.binary_cross_entropy_with_logits(x, y.detach(), reduction="none"),
                      torch.randn(3, 4) * 10, torch.rand(3, 4)))
    cases.append(case("mse", f.mse_loss, torch.randn(3, 4), torch.randn(3, 4)))
    cases.append(case("layerNorm", lambda x, w, b: f.layer_norm(x, (6,), w, b), torch.randn(2, 3, 6) * 3 + 5, torch.randn(6), torch.randn(6)))
    cases.append(case("linear", f.linear, torch.randn(2, 3, 4), torch.randn(5, 4), torch.randn(5)))
    ids = torch.tensor([[0, 3, 3], [1, 0, 3]])
    cases.append(case("embedding", lambda w: f.embedding(ids, w), torch.randn(5, 2), settings={"ids": ids.reshape(-1).tolist()}))
    q = [torch.randn(2, 2, 4, 3) for _ in range(3)]
    for causal in [False, True]:
        cases.append(case("attention", lambda a, b, c: f.scaled_dot_product_attention(a, b, c, is_causal=causal), *q, settings={"causal": causal}))
    write("ops", {"cases": cases})


def named_tensors(model):
    return {k: pack(v) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}


def train(model, batches, optimizer, rates, clip=None):
    """Losses, raw norms, and all tensors and slots after the last step."""
    losses, norms = [], []
    for (x, y), rate in zip(batches, rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = f.cross_entropy(model(x), y)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), clip or 1e30)))
        optimizer.step()
        losses.append(loss.item())
    slots = {}
    for name, p in model.named_parameters():
        for slot, value in optimizer.state[p].items():
            if slot != "step" and value is not None:
                slots[f"{name}.{slot}"] = pack(value)
    return {"losses": losses, "norms": norms, "after": named_tensors(model), "slots": slots}


def groups(model, decay):
    """Decay for weights, none for biases and normalisation."""
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def mlp():
    return nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 3))


def cnn():
    # no bias before a batch norm: its gradient is pure rounding, which Adam blows up to full steps
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(6), nn.GELU(), nn.Flatten(), nn.Linear(24, 3, bias=False), nn.BatchNorm1d(3))


def training():
    runs = []
    rules = [
        ("sgd", {}, lambda g: torch.optim.SGD(g, lr=1), None),
        ("sgd", {"momentum": 0.9}, lambda g: torch.optim.SGD(g, lr=1, momentum=0.9), None),
        ("sgd", {"momentum": 0.8, "nesterov": True}, lambda g: torch.optim.SGD(g, lr=1, momentum=0.8, nesterov=True), 0.3),
        ("adam", {}, lambda g: torch.optim.Adam(g, lr=1), None),
        ("adamw", {}, lambda g: torch.optim.AdamW(g, lr=1), None),
        ("adamw", {"betas": [0.8, 0.95], "eps": 1e-6}, lambda g: torch.optim.AdamW(g, lr=1, betas=(0.8, 0.95), eps=1e-6), 0.2),
    ]
    for make, shape, scale in [(mlp, (4, 5), 1), (cnn, (4, 1, 8, 8), 1)]:
        for kind, settings, rule, clip in rules if make is mlp else rules[1:2] + rules[4:5]:
            model = make()
            batches = [(torch.randn(shape) * scale, torch.randint(0, 3, (4,))) for _ in range(5)]
            rates = [0.05, 0.04, 0.03, 0.02, 0.01] if kind != "sgd" else [0.5, 0.4, 0.3, 0.2, 0.1]
            run = {"model": make.__name__, "kind": kind, "settings": settings, "weightDecay": 0.1, "clipNorm": clip, "rates": rates,
                   "before": named_tensors(model), "batches": [{"x": pack(x), "y": y.tolist()} for x, y in batches]}
            run.update(train(model, batches, rule(groups(model, 0.1)), rates, clip))
            model.eval()
            run["logits"] = pack(model(batches[0][0]))
            runs.append(run)
    write("training", {"runs": runs})


def schedules():
    def rates(make, total):
        p = nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([p], lr=0.3)
        scheduler = make(optimizer)
        out = []
        for _ in range(total):
            out.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return out
    s = torch.optim.lr_scheduler
    write("schedules", {
        "cosine": rates(lambda o: s.CosineAnnealingLR(o, 20, eta_min=0.01), 20),
        "linear": rates(lambda o: s.LinearLR(o, 1.0, 0.1, 20), 20),
        "warmed": rates(lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.2, 1.0, 4), s.CosineAnnealingLR(o, 15)], [4]), 19),
    })


ops()
training()
schedules()
