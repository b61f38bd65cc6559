"""Accelerate's own resume, as its documentation says: save_state, load_state and skip_first_batches."""

import sys
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from task import EPOCHS, EVERY, end, loader, network, note

set_seed(5)
accelerator = Accelerator(cpu=True)
model = network()
model, optimizer, data = accelerator.prepare(model, torch.optim.AdamW(model.parameters(), lr=1e-2), loader())
folder = Path(sys.argv[1])
done = [path for path in folder.glob("step_*") if path.is_dir()]
step, first, skipped = 0, 0, 0
if done:
    newest = max(done, key=lambda path: int(path.name.removeprefix("step_")))
    accelerator.load_state(str(newest))
    step = int(newest.name.removeprefix("step_"))
    first, skipped = divmod(step, len(data))
for epoch in range(first, EPOCHS):
    data.set_epoch(epoch)
    batches = accelerator.skip_first_batches(data, skipped) if epoch == first and skipped else data
    for image, label in batches:
        model.train()
        loss = torch.nn.functional.cross_entropy(model(image), label)
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        note(step, loss)
        step += 1
        if step % EVERY == 0:
            accelerator.save_state(str(folder / f"step_{step}"))
end(accelerator.unwrap_model(model))
