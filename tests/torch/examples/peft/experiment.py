"""peft/examples' olora_finetuning.py: a language model fine-tuned by a Hugging Face Trainer, its base frozen. Nothing is changed but its
last two lines, trainer.train() and what saves the model afterwards; what it would download is made here: a tiny Llama of random
weights, a tokenizer of the words that occur, and instructions with answers.
Needs $GONOGO_EXAMPLES/peft/olora_finetuning.py, peft and datasets; $HF_DATASETS_CACHE says where datasets keeps what it has read."""

import json
import os
import random
import shutil
import tempfile
import types
from pathlib import Path

import gonogo
import gonogo.transformers

folder = Path(os.environ["GONOGO_EXAMPLES"]) / "peft"
made = Path(os.environ.get("GONOGO_EXAMPLES_CACHE", "/tmp/gonogo-examples-cache"))

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

text = (folder / "olora_finetuning.py").read_text()
before = "    trainer.train()\n    model.save_pretrained(output_dir)\n"
assert text.count(before) == 1, "this olora_finetuning.py reads otherwise"
example = types.ModuleType("olora_finetuning")
exec(compile(text.replace(before, "    return trainer\n"), str(folder / "olora_finetuning.py"), "exec"), vars(example))

draw = random.Random(0)
THINGS = "apple river stone cloud engine garden mirror paper window candle".split()
DEEDS = "count name fold move paint".split()


def answered():
    deed, thing, number = draw.choice(DEEDS), draw.choice(THINGS), draw.randint(2, 9)
    return {"instruction": f"{deed} {number} {thing}", "output": " ".join([thing] * number)}


def make(into):
    rows = [answered() for _ in range(336)]
    (into / "data").mkdir(parents=True)
    (into / "data" / "train.json").write_text("\n".join(map(json.dumps, rows)))
    words = sorted({word for row in rows for word in example.generate_prompt(row).split()})
    tokens = Tokenizer(models.WordLevel({"[UNK]": 0, "[END]": 1, **{word: place + 2 for place, word in enumerate(words)}}, unk_token="[UNK]"))
    tokens.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokens, unk_token="[UNK]", eos_token="[END]", model_max_length=64).save_pretrained(into / "model")
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(words) + 2, eos_token_id=1, bos_token_id=1, **sizes)).save_pretrained(into / "model")


if not (made / "made").exists():
    # Several processes may come here at once: one folder is made, whole.
    made.mkdir(parents=True, exist_ok=True)
    mine = Path(tempfile.mkdtemp(dir=made))
    make(mine / "made")
    try:
        os.rename(mine / "made", made / "made")
    except OSError:
        shutil.rmtree(mine)


def make_trainer(batch_size: int = 16, seed: int = 0, learning_rate: float = 3e-4, lora_r: int = 32):
    return example.train(
        str(made / "made" / "model"), str(made / "made" / "data"), output_dir=str(made / "out"), batch_size=batch_size, learning_rate=learning_rate,
        lora_r=lora_r, dtype="float32", device_map="cpu", seed=seed,
    )


experiment = gonogo.transformers.adapt(make_trainer, task=gonogo.custom(), objective="loss")
