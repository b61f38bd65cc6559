"""accelerate/examples' nlp_example.py, its two loops made functions as the docs say and nothing else changed; what it would download is
made here: a tiny BERT of random weights, a tokenizer of the words that occur, and sentence pairs from local csv files.
Needs $GONOGO_EXAMPLES/accelerate/nlp_example.py and train.csv, dev.csv beside it (tests/test_samples/MRPC there), datasets, evaluate;
$HF_DATASETS_CACHE says where datasets keeps what it has read."""

import os
import types
from pathlib import Path

import gonogo

folder = Path(os.environ["GONOGO_EXAMPLES"]) / "accelerate"

import datasets
import evaluate
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

text = (folder / "nlp_example.py").read_text()
cuts = {
    "    for epoch in range(num_epochs):\n        model.train()": "    def train_epoch(train_dataloader):\n        model.train()",
    "        model.eval()\n        for step, batch in enumerate(eval_dataloader)": "    def validate(eval_dataloader):\n        model.eval()\n        for step, batch in enumerate(eval_dataloader)",
    '        accelerator.print(f"epoch {epoch}:", eval_metric)\n    accelerator.end_training()': "        return eval_metric\n    return locals()",
}
for before, after in cuts.items():
    assert text.count(before) == 1, f"this nlp_example.py reads otherwise: {before!r}"
    text = text.replace(before, after)
example = types.ModuleType("nlp_example")
exec(compile(text, str(folder / "nlp_example.py"), "exec"), vars(example))


def pairs(*_):
    found = datasets.load_dataset("csv", data_files={"train": str(folder / "train.csv"), "validation": str(folder / "dev.csv")})
    labels = sorted(set(found["train"]["label"]))
    # The file's labels are words, GLUE's are numbers; an idx stands there.
    found = found.rename_column("label", "word")
    return found.map(lambda row, index: {"label": labels.index(row["word"]), "idx": index}, with_indices=True, remove_columns=["word"])


def tokenizer(*_, **__):
    words = sorted({word for row in pairs()["train"] for word in (row["sentence1"] + " " + row["sentence2"]).lower().split()})
    made = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, **{word: index + 2 for index, word in enumerate(words)}}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", model_max_length=128)


def tiny_bert(*_, **__):
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 128}
    return BertForSequenceClassification(BertConfig(vocab_size=tokenizer().vocab_size, **sizes))


class Accuracy:
    """In place of GLUE's metric, which would be downloaded."""

    def __init__(self, *_):
        self.right = []

    def add_batch(self, predictions, references):
        self.right += (predictions == references).tolist()

    def compute(self):
        right, self.right = self.right, []
        return {"accuracy": sum(right) / len(right)}


example.load_dataset = pairs
example.AutoTokenizer = types.SimpleNamespace(from_pretrained=tokenizer)
example.AutoModelForSequenceClassification = types.SimpleNamespace(from_pretrained=tiny_bert)
example.set_seed = lambda seed: None  # the run file's seed
evaluate.load = Accuracy

made = example.training_function({"lr": 2e-5, "num_epochs": 3, "seed": 42, "batch_size": 16}, types.SimpleNamespace(cpu=True, mixed_precision=None))

experiment = gonogo.adapt(
    made["model"],
    made["optimizer"],
    made["train_dataloader"],
    made["eval_dataloader"],
    schedule=made["lr_scheduler"],
    task=gonogo.classification(classes=2),
    train_epoch=made["train_epoch"],
    evaluate=made["validate"],
    accelerator=made["accelerator"],
)
