"""Batches of other shapes than (inputs, targets): lists of boxes, pictures of different sizes, whole graphs.
Not here: which batch comes next (test_loader.py)."""

import numpy as np
import torch
from harness import REPOSITORY  # noqa: F401  puts gonogo on the path
from torch import nn
from torch.utils.data import DataLoader

from gonogo import batches
from gonogo.corrupt import corrupted
from gonogo.evaluation import Outputs
from gonogo.holdings import stateful
from gonogo.samples import digest_of


def test_lists_of_one_thing_a_sample_are_cut_as_lists():
    boxes = [torch.rand(n % 3 + 1, 4) for n in range(8)]
    batch = (torch.rand(8, 1, 4, 4), boxes, [torch.zeros(len(one)) for one in boxes])
    assert batches.count(batch) == 8
    images, kept, kinds = batches.sliced(batch, 3)
    assert len(images) == len(kept) == len(kinds) == 3
    assert all(torch.equal(one, other) for one, other in zip(kept, boxes))


def test_pictures_and_dicts_in_tuples_count_by_their_length():
    batch = (tuple(torch.rand(3, 9, 9 + n) for n in range(5)), tuple({"boxes": torch.rand(2, 4)} for _ in range(5)))
    assert batches.count(batch) == 5
    assert [len(part) for part in batches.sliced(batch, 2)] == [2, 2]
    assert batches.count([[torch.rand(3, 9, 9 + n) for n in range(5)], torch.zeros(5)]) == 5


def test_parts_of_an_input_are_cut_each():
    batch = ([torch.rand(6, 2), torch.rand(6, 3)], torch.zeros(6))
    assert batches.count(batch) == 6
    (left, right), target = batches.sliced(batch, 4)
    assert (len(left), len(right), len(target)) == (4, 4, 4)
    assert batches.count({"input": {"a": torch.rand(6, 2), "b": torch.rand(6)}, "label": torch.zeros(6)}) == 6


class Graphs(torch.utils.data.Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return {"x": torch.rand(30, 4), "adjacency": torch.rand(30, 30)}


def test_a_batch_that_comes_whole_is_not_cut():
    tap = batches.Tap(DataLoader(Graphs(), batch_size=None), limit=7)
    assert [len(one["x"]) for one in tap] == [30]
    assert [len(one["x"]) for one in batches.Tap(DataLoader(Graphs(), batch_size=1), limit=7)] == [1]


def test_outputs_with_time_first_are_no_rows_of_samples():
    outputs, model = Outputs(), nn.Identity()
    with outputs.of([model]):
        outputs.passing((torch.rand(5, 9), torch.zeros(5)), 5)
        model(torch.rand(9, 5, 3))
    assert outputs.json() is None
    outputs = Outputs()
    with outputs.of([model]):
        outputs.passing((torch.rand(5, 9), torch.zeros(5)), 5)
        model(torch.rand(5, 9, 3))
    assert outputs.json()["count"] == 5


def test_targets_that_are_lists_of_tensors_stand_beside_no_outputs():
    outputs, model = Outputs(), nn.Identity()
    with outputs.of([model]):
        outputs.passing((torch.rand(2, 9), [torch.rand(1, 4), torch.rand(2, 4)]), 2)
        model(torch.rand(2, 3))
    assert outputs.json() is None


def test_a_loss_that_calls_parts_of_the_model_keeps_the_accuracy_of_its_task():
    from types import SimpleNamespace

    from gonogo.managed import Managed

    model, managed = nn.Linear(4, 3), Managed.__new__(Managed)
    managed._experiment, managed._task = SimpleNamespace(model=model), SimpleNamespace(kind="classification", classes=3)
    batch = (torch.randn(8, 4), torch.arange(8) % 3)
    right = (model(batch[0]).argmax(1) == batch[1]).sum()
    for outputs in ([], [torch.zeros(8, 3), torch.zeros(8, 3)]):
        assert managed._accuracy(outputs, batch, 8)["accuracy"] == right
    assert managed._accuracy([], ({"words": batch[0]}, batch[1]), 8) == {}


def _sizes(loader):
    """Samples of each batch, and of all."""
    sizes = []
    tap = batches.Tap(loader, passing=lambda _, size: sizes.append(size))
    list(tap)
    return sizes, tap.samples


def _time_first(samples):
    return tuple(nn.utils.rnn.pad_sequence([one[place] for one in samples]) for place in (0, 1))


def test_samples_are_counted_where_time_comes_first():
    words = [(torch.arange(n % 5 + 2), torch.arange(n % 5 + 3)) for n in range(23)]
    own = DataLoader(words, batch_size=8, collate_fn=_time_first)
    assert all(batches.count(batch) == len(batch[0]) != 8 for batch in own)
    assert _sizes(own) == ([8, 8, 7], 23)
    bucketed = DataLoader(words, batch_sampler=[[0, 1, 2], [3, 4], [5]], collate_fn=lambda samples: {"words": samples})
    assert _sizes(bucketed) == ([3, 2, 1], 6)


def test_an_object_of_the_projects_own_holds_as_many_samples_as_were_asked_for():
    own = DataLoader(range(20), batch_size=8, collate_fn=lambda samples: type("Batch", (), {"held": samples})(), num_workers=0)
    assert _sizes(own) == ([8, 8, 4], 20)
    # a collate function that leaves samples out is seen to: its tensors tell
    assert _sizes(DataLoader(range(20), batch_size=8, collate_fn=lambda samples: torch.tensor(samples[1:]))) == ([7, 7, 3], 17)


def test_a_loader_gone_through_twice_counts_once():
    outputs, model = Outputs(), nn.Identity()
    tap = batches.Tap(DataLoader(list(zip(torch.rand(20, 3), range(20))), batch_size=8), passing=outputs.passing)
    tap.again = outputs.again
    with outputs.of([model]):
        next(iter(tap))
        for given, _ in tap:
            model(given)
        assert len(list(tap)) == 3
    assert (tap.samples, tap.batches) == (20, 3)
    assert outputs.json()["count"] == 20


def test_text_beside_inputs_is_no_target():
    outputs, model = Outputs(), nn.Identity()
    with outputs.of([model]):
        outputs.passing((torch.rand(2, 3), ["a cat", "a dog"]), 2)
        model(torch.rand(2, 3))
    assert outputs.json() is None
    assert digest_of(0, ("a cat", "eine Katze"))["target"] is None
    assert digest_of(0, (torch.zeros(2), 3))["target"] == 3
    assert digest_of(0, (torch.zeros(2), torch.tensor([[1, 2], [3, 4]])))["target"] == [1, 2, 3, 4]


def test_a_perturbed_input_stays_among_the_values_there_are():
    pictures = torch.rand(6, 5).round()
    how = {"kind": "inputPerturbed", "sample": 2, "seed": 1}
    changed, count = corrupted((pictures,), how)
    assert count > 0 and changed[0].min() >= 0 and changed[0].max() <= 1
    assert torch.equal(changed[0][[0, 1, 3, 4, 5]], pictures[[0, 1, 3, 4, 5]])
    along, _ = corrupted((pictures,), {**how, "second": True})
    others = [0, 1, 3, 4]
    assert torch.equal(along[0][:, others], pictures[:, others]) and not torch.equal(along[0][:, 2], pictures[:, 2])
    assert torch.isfinite(corrupted((torch.full((3, 2), 7.0),), how)[0][0]).all()


def test_what_a_script_draws_its_episodes_from_is_found():
    environment, held = Environment(), {"model": nn.Linear(1, 1)}
    found = stateful({"environment": environment, "Environment": Environment, "text": "x", "numbers": [1.0]}, [], held)
    assert found == {"environment": environment}


class Environment:
    def __init__(self):
        self.draws = np.random.default_rng(3)
