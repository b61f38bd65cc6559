"""Loops without gonogo, one a process: `slices` and `loader` are bare PyTorch, `lightning` is its Trainer, `size` finds a width.
Prints one line of JSON: seconds of wall and CPU time of the measured steps, and when the first step was done."""

import sys
import time

STARTED = time.time()

import torch  # noqa: E402
import workload  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

kind, warm, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)


def begun(width=workload.WIDTH):
    from gonogo import seeds

    seeds.seed_all(0, "init")
    model = workload.model(width)
    return model, workload.optimizer(model)


def slices():
    x, y = workload.data()
    epoch = 0
    while True:
        chosen = torch.from_numpy(workload.order(0, epoch))
        for at in range(0, len(chosen), workload.BATCH):
            part = chosen[at : at + workload.BATCH]
            yield x[part], y[part]
        epoch += 1


def endless(loader):
    while True:
        yield from loader


def bare(batches):
    model, optimizer = begun()
    loss = None
    for step, (x, y) in zip(range(warm + steps), batches):
        if step == warm:
            begin = (time.perf_counter(), time.process_time())
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if step == 0:
            first = time.time()
    wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
    workload.told(wall=wall, cpu=cpu, first=first, loss=float(loss.detach()))


def lightning():
    import lightning as L

    class Module(L.LightningModule):
        def __init__(self):
            super().__init__()
            self.model, _ = begun()

        def training_step(self, batch, _):
            return cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return workload.optimizer(self.model)

    class Clock(L.Callback):
        def on_train_batch_end(self, trainer, *_):
            if trainer.global_step == 1:
                self.first = time.time()
            if trainer.global_step == warm:
                self.begin = (time.perf_counter(), time.process_time())
            if trainer.global_step == warm + steps:
                workload.told(wall=time.perf_counter() - self.begin[0], cpu=time.process_time() - self.begin[1], first=self.first)

    trainer = L.Trainer(
        max_steps=warm + steps, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, callbacks=[Clock()],
    )
    trainer.fit(Module(), workload.loader())


def size():
    """The width at which a step takes `warm` microseconds."""
    batch = next(slices())

    def microseconds(width):
        model, optimizer = begun(width)
        times = []
        for _ in range(25):
            at = time.thread_time()  # other work on the machine is none of it
            cross_entropy(model(batch[0]), batch[1]).backward()
            optimizer.step()
            optimizer.zero_grad()
            times.append(time.thread_time() - at)
        return sorted(times)[len(times) // 2] * 1e6

    low, high = 8, 4096
    while high - low > max(4, low // 50):
        width = (low + high) // 2
        low, high = (width, high) if microseconds(width) < warm else (low, width)
    workload.told(width=low, microseconds=microseconds(low))


{"slices": lambda: bare(slices()), "loader": lambda: bare(endless(workload.loader())), "lightning": lightning, "size": size}[kind]()
