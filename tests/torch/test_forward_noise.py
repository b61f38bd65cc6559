"""What is drawn inside a model's calls in evaluation mode: which dropouts nobody told of evaluation, and which are meant."""

import pytest
import torch
import torch.nn.functional as F
from gonogo.forward_noise import ForwardNoise
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.front, self.drop = nn.Linear(4, 8), nn.Dropout(0.5)

    def forward(self, x):
        return self.dropping(self.front(x), x)


class Forgotten(Net):
    def dropping(self, h, x):
        return F.dropout(h, 0.5)


class Told(Net):
    def dropping(self, h, x):
        return F.dropout(self.drop(h), 0.5, training=self.training)


class MonteCarlo(Net):
    def dropping(self, h, x):
        return F.dropout(
            h,
            p=0.5,
            training=True,
        )


class Positional(Net):
    def dropping(self, h, x):
        return F.dropout(h, 0.5, True)


class Denoiser(Net):
    def forward(self, x):
        return self.front(F.dropout(x, 0.3))


class Attention(Net):
    def dropping(self, h, x):
        return F.scaled_dot_product_attention(h, h, h, dropout_p=0.1, is_causal=True)


class Noisy(Net):
    def dropping(self, h, x):
        return h + torch.randn_like(h)


class Seeded(Net):
    def dropping(self, h, x):
        return h + torch.randn(h.shape, generator=torch.Generator().manual_seed(1))


def noise_of(model, batches, training=False):
    noise = ForwardNoise()
    model.train(training)
    model.register_forward_pre_hook(noise.enter, with_kwargs=True)
    model.register_forward_hook(noise.leave, always_call=True)
    for x in batches:
        model(x)
    return {name for name, places in noise.report().items() if places}


@pytest.mark.parametrize(
    ("made", "told"),
    [(Forgotten, {"dropped"}), (Told, set()), (MonteCarlo, set()), (Positional, set()), (Denoiser, set()), (Attention, {"attention"}), (Noisy, {"drawn"}), (Seeded, set())],
)
def test_draws_in_evaluation_mode(made, told):
    assert noise_of(made(), [torch.randn(2, 3, 4), torch.randn(2, 3, 4)]) == told


def test_in_training_mode_nothing_is_told():
    assert noise_of(Forgotten(), [torch.randn(2, 3, 4)], training=True) == set()


def test_an_average_of_several_passes_is_meant():
    x, y = torch.randn(2, 2, 3, 4)
    assert noise_of(Forgotten(), [x, x]) == set()
    # copies, and the whole split once more
    assert noise_of(Forgotten(), [x, x.clone()]) == set()
    assert noise_of(Forgotten(), [x, y, x, y]) == set()
    assert noise_of(Forgotten(), [x, y]) == {"dropped"}


def test_samples_that_are_named_are_seen_too():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Forgotten()

        def forward(self, given):
            return self.inner(given)

    noise, model, x = ForwardNoise(), Named().eval(), torch.randn(2, 3, 4)
    model.register_forward_pre_hook(noise.enter, with_kwargs=True)
    model.register_forward_hook(noise.leave, always_call=True)
    model(given=x)
    assert noise.report()["dropped"]
    model(given=x)
    assert noise.report() == {}


def test_a_call_that_fails_leaves_no_mode_behind():
    model = Forgotten()
    with pytest.raises(RuntimeError):
        noise_of(model, [torch.randn(2, 3, 5)])
    assert torch.overrides._get_current_function_mode() is None
