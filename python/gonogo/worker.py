"""The worker process: reads requests, asks the subject, writes replies. Started by gonogo as `python -m gonogo.worker`.
Not here: the arithmetic, and PyTorch itself until an operation needs it: the hello comes first."""

from __future__ import annotations

import signal
import sys
from typing import Any

from gonogo.bytecode import spare_the_project
from gonogo.errors import Fault, report
from gonogo.wire import Channel, leave


class Worker:
    #: Exceptions that end the worker instead of the operation.
    passes: tuple[type[BaseException], ...] = ()

    def __init__(self, channel: Channel):
        self._channel = channel
        self._subject: Any = None

    def run(self) -> None:
        while True:
            request = self._channel.requests.get()
            number, op, args = request.get("id"), request.get("op"), request.get("args") or {}
            if op == "close":
                self._channel.send_last({"id": number, "ok": None})
                return
            try:
                self._channel.send({"id": number, "ok": self._answer(number, op, args)})
            except BaseException as error:  # sys.exit() in user code, too, is an answer and no end
                if isinstance(error, self.passes):
                    raise
                self._channel.send({"id": number, "error": self._report(error, op)})

    def _answer(self, number: int, op: str, args: dict[str, Any]) -> Any:
        if sys.version_info < (3, 10):
            raise Fault("PYTHON_TOO_OLD", "this Python is too old", seen=sys.version.split()[0], expected="3.10 or newer", where=sys.executable)
        from gonogo import opening

        opening.need_torch()
        if op == "describe":
            return opening.describe(args["experiment"], args.get("config", {}), args.get("next"))
        if op == "weights":
            from gonogo.weights import headers, weights

            return (headers if args.get("headers") else weights)(args["dir"])
        if op == "open":
            if args["limit"]["trainBatches"] is not None or args.get("notesReads"):
                from gonogo import reads

                reads.note()
            from gonogo.subject import Subject

            self._subject = Subject(args)
            return self._subject.facts
        if self._subject is None:
            raise Fault("NOT_OPEN", "no experiment is open", seen=str(op), expected="open first")
        if op == "train":
            channel = self._channel
            # Ranks end after the same step; one alone ends after its own.
            ending = (lambda: channel.cancelled == number) if self._subject.world.size == 1 else (lambda: channel.ending(number))
            for group in self._subject.train(args, ending):
                channel.send({"id": number, "items": group})
            return None
        if op == "data":
            for items in self._subject.data(args, lambda: self._channel.ending(number)):
                self._channel.send({"id": number, "items": items})
            return None
        if op == "evaluate":
            return self._subject.evaluate(args, lambda: self._channel.cancelled == number)
        if op == "dependencies":
            from gonogo import facts, reads

            return {"code": facts.code(self._subject.path, type(self._subject.experiment)), "files": reads.files()}
        if op == "own":
            from gonogo import own_checks

            return own_checks.run(self._subject, args["code"])
        if op in ("perturb", "schedule", "order", "survey", "state", "persist", "determinism"):
            return getattr(self._subject, op)(args)
        raise Fault("OPERATION_UNKNOWN", "this worker does not know the operation", seen=str(op), **{"try": "use one version of gonogo on both sides"})

    def _report(self, error: BaseException, op: str) -> dict[str, Any]:
        if type(error).__name__ == "Cancelled" and op == "evaluate":
            return {"code": "CANCELLED", "message": "the evaluation was cancelled"}
        importing = op == "describe" or (op == "open" and self._subject is None and _while_importing(error))
        where = self._subject.facts["where"] if self._subject is not None else {}
        # An error inside PyTorch that the managed parts called shows no line of the user's: their model is the best guess.
        return report(error, "EXPERIMENT_IMPORT" if importing else "USER_CODE", where.get({"evaluate": "evaluate", "train": "train_step"}.get(op, ""), where.get("model")))


def _while_importing(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "load_class":
            return True
        trace = trace.tb_next
    return False


def main() -> None:
    # Ctrl-C is gonogo's to answer: it asks for a checkpoint first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spare_the_project()
    channel = Channel()
    channel.start()
    Worker(channel).run()
    leave(0)


if __name__ == "__main__":
    main()
