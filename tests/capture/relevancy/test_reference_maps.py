"""Maps equal those that the authors' published rules give, whatever kernel the model runs with."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from vl_tb_plugin import Target, trace

ROOT = Path(__file__).parents[2] / "data" / "relevancy"
CASES = sorted(folder.name for folder in ROOT.iterdir())
NAMES = {
    "ours": "relevancy",
    "raw": "raw_attention",
    "rollout": "rollout",
    "gradcam": "grad_cam",
    "no_normalization": "no_normalisation",
    "no_self_in_rule_10": "no_self_in_rule_10",
}
WRITTEN_OUT = {"vilt", "visual_bert", "lxmert"}
"""Families whose attention is written out in their own code."""
SDPA = {"detr": {"": "sdpa", "backbone_config": "eager"}}


def described(name):
    case = json.loads((ROOT / name / "case.json").read_text())
    return case, load_file(ROOT / name / "expected.safetensors")


def model_of(name, implementation):
    wanted = SDPA.get(name, "sdpa") if implementation == "sdpa" else "eager"
    kind = getattr(transformers, described(name)[0]["model_class"])
    return kind.from_pretrained(ROOT / name, attn_implementation=wanted).eval()


def tokenizer_of(model):
    class Tokenizer:
        text = getattr(model.config, "text_config", model.config)
        all_special_ids = [getattr(text, "bos_token_id", None), getattr(text, "eos_token_id", None)]

        def convert_ids_to_tokens(self, ids):
            return [str(one) for one in ids]

    return Tokenizer()


def parts_of(name):
    """Method, start layer and modality of every map of a case."""
    for key in described(name)[1]:
        method, *start, modality = key.split(".")
        yield key, method, int(start[0].removeprefix("start")) if start else None, modality


def scores_of(relevancy, tokens, modality, count):
    """The scores that the reference lists: of patches or regions, or of words."""
    if "joint" not in relevancy.scores:
        scores = relevancy.scores[modality]
        chosen = tokens[modality].positions("image") if modality == "image" else slice(None)
        return scores[chosen][~np.isnan(scores[chosen])]
    images = tokens["joint"].positions("image")
    words = np.setdiff1d(np.arange(len(tokens["joint"])), images)
    return relevancy.scores["joint"][images if modality == "image" else words[:count]]


@pytest.mark.parametrize(
    "name, implementation",
    [(name, "eager") for name in CASES]
    + [(name, "sdpa") for name in CASES if name not in WRITTEN_OUT],
)
def test_every_published_map(name, implementation):
    case, expected = described(name)
    model = model_of(name, implementation)
    inputs = load_file(ROOT / name / "inputs.safetensors")
    targets = [[Target(case["target"], case.get("query"))]] if "target" in case else None
    checked = 0
    with torch.inference_mode(), trace(model, tokenizer_of(model)) as t:
        model(**inputs)
        (example,) = t.examples(inputs)
        tokens = {sequence.name: sequence for sequence in example.sequences}
        for key, method, start, modality in parts_of(name):
            ((found,),) = t.relevancy([NAMES[method]], targets=targets, start_layer=start)
            want = expected[key].numpy()
            scores = scores_of(found, tokens, modality, len(want))
            assert np.abs(scores - want).max() <= 1e-4 * np.abs(want).max(), key
            checked += 1
    assert checked == len(expected)
