"""After ``generate()``, the first token said is explained as by a forward pass over the prompt."""

import numpy as np
import pytest
import torch

from tests.capture.families import CASES
from tests.capture.tiny_models import TinyTokenizer
from vl_tb_plugin import Target, trace

GENERATING = {
    "LLaVA-NeXT": "joint",
    "Mllama (Llama 3.2 Vision)": "text",
    "Qwen2-VL": "joint",
    "BLIP-2": "joint",
    "BART": "decoder",
    "Pix2Struct": "decoder",
    "Florence-2": "decoder",
}
"""By name of the case, the sequence that grows."""


def explained(model, batch, run, **settings):
    with torch.no_grad(), trace(model, TinyTokenizer()) as t:
        result = run(model, batch)
    return result, t.relevancy(**settings)


@pytest.mark.parametrize("name", GENERATING)
def test_the_first_token_is_explained_as_by_a_forward_pass(name):
    (case,) = [case for case in CASES if case.name == name]
    theirs = ("labels", "decoder_input_ids", "decoder_attention_mask")
    batch = {key: value for key, value in case.batch().items() if key not in theirs}
    said, maps = explained(
        case.model(),
        batch,
        lambda model, batch: model.generate(
            **batch, max_new_tokens=2, min_new_tokens=2, do_sample=False
        ),
    )
    decodes = GENERATING[name] == "decoder"
    prompt = 1 if decodes else batch["input_ids"].shape[1]
    if decodes:
        batch["decoder_input_ids"] = said[:, :1]
    targets = [[Target(int(ids[-2]), prompt - 1)] for ids in said]
    _, plain = explained(case.model(), batch, lambda model, batch: model(**batch), targets=targets)
    for generated, (forward,) in zip(maps, plain, strict=True):
        first = generated[0]
        assert first.target == forward.target
        assert [one.position for one in generated] == [prompt, prompt + 1]
        own = first.scores[GENERATING[name]]
        assert decodes or np.isclose(np.nansum(own), 1, atol=1e-5)
        for sequence, expected in forward.scores.items():
            if sequence == GENERATING[name]:
                expected = expected / (np.nansum(expected) or 1)
            elif GENERATING[name] == "joint":
                continue  # what lies behind the prompt goes on from its normalised scores
            found = first.scores[sequence][: len(expected)]
            scale = np.nanmax(np.abs(expected)) or 1
            assert np.nanmax(np.abs(found - expected)) <= 1e-4 * scale, sequence
