"""What one step shows of constants in its loss, of clipping, and of views: each way to write it, and what looks alike and is right.
Not the verdicts: those are the checks O1, O9 and D6."""

from __future__ import annotations

import pytest
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_

from gonogo import clip_order
from gonogo.constant_terms import Constants
from gonogo.found import Found
from gonogo.step_draws import Draws
from gonogo.trace import Roots, roots_of_backward
from gonogo.views import Views

X, Y = torch.randn(8, 6, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 3


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))


def constants(loss) -> int:
    model, teacher = net(), net().requires_grad_(False)
    roots = Roots()
    with roots_of_backward(roots, Found(modules={"model": model})), Constants():
        loss(model, teacher).backward()
    return len(roots.constants)


def unmoved(model, teacher):
    with torch.no_grad():
        soft = F.mse_loss(model(X), teacher(X))
    return 0.5 * F.cross_entropy(model(X), Y) + 0.5 * soft


def detached(model, _):
    logits = model(X)
    loss = F.cross_entropy(logits, Y)
    loss += 0.1 * logits.detach().square().mean()
    return loss / 2


def counted(model, _):
    logits = model(X)
    share = F.one_hot(logits.argmax(1), 3).float().mean(0)
    return torch.stack([F.cross_entropy(logits, Y), (share * share).sum()]).sum()


@pytest.mark.parametrize("loss", [unmoved, detached, counted])
def test_a_term_without_gradient_is_seen(loss) -> None:
    assert constants(loss) == 1


HEALTHY = {
    "two terms": lambda model, teacher: F.cross_entropy(model(X), Y) + F.mse_loss(model(X), teacher(X)),
    "a teacher's own number": lambda model, teacher: F.cross_entropy(model(X), Y) + teacher(X).mean(),
    "a weight": lambda model, _: F.cross_entropy(model(X), Y) * F.cross_entropy(model(X), Y).detach(),
    "a target": lambda model, _: F.mse_loss(model(X), model(X).detach() + 1),
    "a baseline": lambda model, _: (model(X).mean().detach() - model(X).mean()).square(),
    "normalised": lambda model, _: (lambda loss: loss / loss.detach())(F.cross_entropy(model(X), Y)),
    "advantages": lambda model, _: -(model(X).log_softmax(1)[:, 0] * (X[:, 0] - model(X)[:, 1]).detach()).mean() + model(X)[:, 1].square().mean(),
    "largest out": lambda model, _: (model(X) - model(X).max().detach()).exp().sum().log(),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_numbers_without_gradient_have_honest_uses(name) -> None:
    assert constants(HEALTHY[name]) == 0


def derivatives(loss) -> int:
    model, x = net(), X.clone().requires_grad_()
    roots = Roots()
    with roots_of_backward(roots, Found(modules={"model": model})), Constants():
        loss(model, x).backward()
    return len(roots.derivatives)


def slope(model, x, graph: bool):
    return torch.autograd.grad(model(x).sum(), x, create_graph=graph)[0]


@pytest.mark.parametrize(
    "loss",
    [
        lambda model, x: F.cross_entropy(model(x), Y) + 10 * (slope(model, x, False).norm(dim=1) - 1).square().mean(),
        lambda model, x: sum([F.cross_entropy(model(x), Y), F.mse_loss(slope(model, x, False), torch.ones_like(x))]) / 2,
    ],
)
def test_a_derivative_without_a_graph_in_the_loss_is_seen(loss) -> None:
    assert derivatives(loss) == 1


WITH_DERIVATIVES = {
    "with a graph": lambda model, x: F.cross_entropy(model(x), Y) + slope(model, x, True).square().mean(),
    "detached by hand": lambda model, x: F.cross_entropy(model(x), Y) + slope(model, x, True).square().mean().detach(),
    "a weight of a term": lambda model, x: F.cross_entropy(model(x), Y) + slope(model, x, False).norm() * model(x).square().mean(),
    "an adversary": lambda model, x: F.cross_entropy(model(x), Y) + F.cross_entropy(model(x.detach() + 0.1 * slope(model, x, False).sign()), Y),
    "the target of another term": lambda model, x: F.cross_entropy(model(x), Y) + F.mse_loss(model(x)[:, 0], slope(model, x, False)[:, 0]),
    "a constant of no derivative": lambda model, x: F.cross_entropy(model(x), Y) + model(x).detach().square().mean(),
}


@pytest.mark.parametrize("name", WITH_DERIVATIVES)
def test_derivatives_without_a_graph_have_honest_uses(name) -> None:
    assert derivatives(WITH_DERIVATIVES[name]) == 0


def late(step) -> tuple[bool, bool]:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    found, seen = Found(modules={"model": model}, parameters=dict(model.named_parameters()), optimizers={"optimizer": optimizer}), []
    for _ in range(2):
        roots = Roots()
        with roots_of_backward(roots, found), clip_order.noted(found, roots.order):
            step(model, optimizer, lambda: F.cross_entropy(model(X), Y))
        seen.append(roots.order)
    return seen[1].late(), not seen[1].left


def test_clipping_after_the_update_is_told_from_clipping_before_it() -> None:
    def step(before: float | None, after: float | None, clear: bool = True):
        def run(model, optimizer, loss) -> None:
            if clear:
                optimizer.zero_grad()
            loss().backward()
            if before is not None:
                nn.utils.clip_grad_norm_(model.parameters(), before)
            optimizer.step()
            if after is not None:
                clip_grad_norm_(model.parameters(), max_norm=after)

        return run

    assert late(step(None, 1.0)) == (True, True)
    assert late(step(None, 1.0, clear=False)) == (True, False)
    assert late(step(1.0, None)) == late(step(1.0, 1.0)) == (False, True)
    # asked for the norm alone
    assert late(step(None, float("inf"))) == (False, True)

    def two(model, optimizer, loss) -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        optimizer.zero_grad()
        loss().backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    assert late(two) == (False, True)
    assert nn.utils.clip_grad_norm_ is clip_grad_norm_


def seen(batch, call) -> list[list[str]]:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    views = Views(batch)
    with views.noted(Found(modules={"model": model})):
        call(model, batch)
    return views.report()


def test_two_views_that_are_one() -> None:
    a = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(1))
    b = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(2))
    both = lambda model, batch: (model(batch[0]), model(batch[1]))
    assert seen([a, a.clone(), Y[:6]], both) == [["input", "target"]]
    assert seen([a, a.clone()], lambda model, batch: model(torch.cat(batch))) == [["input", "target"]]
    assert seen([[a, a.clone()], Y[:6]], lambda model, batch: (model(batch[0][0]), model(batch[0][1]))) == [["input.0", "input.1"]]
    assert seen([a, b], both) == []
    # an autoencoder's target, one tensor for two networks, samples that are all alike
    assert seen([a, a.clone()], lambda model, batch: model(batch[0])) == []
    assert seen([a, a], both) == []
    assert seen([torch.ones(6, 3, 4), torch.ones(6, 3, 4)], both) == []


def drawn(step) -> list[str]:
    with Draws() as draws:
        step()
    return draws.digests


def test_draws_of_a_step() -> None:
    free = lambda: F.mse_loss(torch.randn(4, 4), torch.rand_like(X[:, :4])[:4])
    assert len(drawn(free)) == 2 and not set(drawn(free)) & set(drawn(free))

    def seeded() -> None:
        generator = torch.Generator().manual_seed(0)
        torch.randint(0, 100, (16,), generator=generator)
        torch.empty(16).normal_(generator=generator)

    assert drawn(seeded) == drawn(seeded) and len(drawn(seeded)) == 2
    # a few numbers, or one number again and again, tell nothing
    assert drawn(lambda: (torch.rand(3), torch.randint(0, 1, (16,)), torch.zeros(16))) == []


def test_clipping_before_there_is_a_gradient_is_told() -> None:
    def void(step) -> bool:
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        found, seen = Found(modules={"model": model}, parameters=dict(model.named_parameters()), optimizers={"optimizer": optimizer}), []
        for _ in range(2):
            roots = Roots()
            with roots_of_backward(roots, found), clip_order.noted(found, roots.order):
                step(model, optimizer)
            seen.append(roots.order.void())
        return all(seen)

    def run(order: str):
        def step(model, optimizer) -> None:
            for one in order:
                if one == "z":
                    optimizer.zero_grad()
                elif one == "c":
                    clip_grad_norm_(model.parameters(), 1.0)
                elif one == "b":
                    F.cross_entropy(model(X), Y).backward()
                else:
                    optimizer.step()

        return step

    assert void(run("zcbs"))
    # before the step, after it, between two passes that add up, and not at all
    assert not any(void(run(order)) for order in ("zbcs", "bczbcs", "zbsc", "zbcbs", "zbs"))


def test_a_generator_that_is_made_anew_in_each_step_stands_where_it_stood() -> None:
    def drawn(generator, weights) -> list[str]:
        with Draws() as draws:
            torch.multinomial(weights, 1, generator=generator)
        return draws.digests

    kept = torch.Generator().manual_seed(0)
    first, second = torch.rand(16, 9), torch.rand(16, 9)
    assert drawn(torch.Generator().manual_seed(0), first) == drawn(torch.Generator().manual_seed(0), second) != []
    assert drawn(kept, first) != drawn(kept, second)


class ClipsWithin(torch.optim.SGD):
    """As BertAdam: each gradient is clipped in the update, before its parameter moves."""

    def step(self, closure=None):
        for group in self.param_groups:
            for one in group["params"]:
                clip_grad_norm_(one, 1.0)
        return super().step(closure)


@pytest.mark.parametrize("within", [True, False])
def test_what_an_optimizer_clips_in_its_own_update_comes_in_time(within: bool) -> None:
    model, order = net(), clip_order.Order()
    optimizer = (ClipsWithin if within else torch.optim.SGD)(model.parameters(), lr=0.1)
    found = Found(modules={"model": model}, optimizers={"main": optimizer})
    with clip_order.noted(found, order):
        loss = F.cross_entropy(model(X), Y)
        clip_order.backward(order, found)
        loss.backward()
        optimizer.step()
        if not within:
            clip_grad_norm_(list(model.parameters()), 1.0)
    assert order.late() is not within
