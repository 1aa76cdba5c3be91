"""The demo from its command line to its run folder, with a few steps."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from digits_vqa import main
from grid_heads import best_head
from grid_models import MODELS
from grid_questions import Questions, QuestionSource
from grid_relevancy import METHODS
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.demo_runs import DemoRuns
from vl_tb_plugin import CapturePolicy, trace
from vl_tb_plugin.storage.evaluation_manifest import parse_evaluation
from vl_tb_plugin.storage.manifest import parse_manifest


@pytest.fixture(scope="module")
def questions() -> Questions:
    return QuestionSource(held_out=True, seed=5).draw(6)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_read_out_rows_are_where_they_say(model: str, questions: Questions) -> None:
    torch.manual_seed(0)
    grid = MODELS[model]()
    batch = grid.batch(questions)
    for ids, keyword in zip(batch["input_ids"].tolist(), questions.keywords, strict=True):
        tokens = grid.tokenizer.convert_ids_to_tokens(ids)
        expected = {"keyword": keyword, "[CLS]": "[CLS]"}
        for name, row in grid.read_out_rows.items():
            assert tokens[row] == expected[name]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_share_on_the_tile_is_that_of_the_model_itself(model: str, questions: Questions) -> None:
    torch.manual_seed(0)
    grid = MODELS[model]()
    grid.model.set_attn_implementation("eager")
    grid.model.eval()
    batch = grid.batch(questions)
    exact = CapturePolicy(precision="float32")
    with torch.no_grad(), trace(grid.model, processor=grid.tokenizer, policy=exact) as t:
        output = grid.model(**batch, output_attentions=True)
    found = best_head(grid, t.examples(batch, output=output), questions)

    if model == "lxmert":
        blocks, first_cell = output.cross_encoder_attentions, 0
    else:
        blocks, first_cell = output.attentions, 1
    attention = torch.stack(list(blocks)).numpy()  # (layers, samples, heads, queries, keys)
    share = np.stack(
        [
            attention[:, number, :, :, first_cell + cell][..., list(grid.read_out_rows.values())]
            for number, cell in enumerate(questions.cells)
        ]
    )
    best = np.unravel_index(share[::2].mean(axis=0).argmax(), share.shape[1:])
    assert found.share == pytest.approx(share[1::2].mean(axis=0)[best], abs=1e-5)
    assert found.uniform == pytest.approx(1 / attention.shape[-1])
    assert found.of == share[0].size


@pytest.mark.parametrize("model", sorted(MODELS))
def test_quick_run_logs_every_checkpoint(
    model: str, demo_runs: DemoRuns, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = demo_runs.printed[f"{model}-seed0"]
    folder = demo_runs.logdir / f"{model}-seed0"
    stores = sorted(path.name for path in folder.glob("plugins/vl_tb_plugin/step_*.zarr.zip"))
    steps = [int(re.match(r"step_(\d+)", name)[1]) for name in stores]
    assert steps == [0, 2, 4]

    events = EventAccumulator(str(folder)).Reload()
    scalars = {"val/accuracy", "val/attention_on_tile", "train/loss", "test/accuracy"}
    assert scalars <= set(events.Tags()["scalars"])
    assert [one.step for one in events.Scalars("val/accuracy")] == steps
    logged = {tag for tag in events.Tags()["tensors"] if tag.startswith("val/")}
    assert {f"val/{number:03d}" for number in range(24)} <= logged
    _check_explanations(events, steps)

    assert "(initialisation)" in first and "stand-in" in first
    # one seed, the same numbers, in another process too
    main(["--quick", "--model", model, "--seed", "0", "--logdir", str(tmp_path)])
    second = capsys.readouterr().out
    assert _table(first) == _table(second) and len(_table(first)) == 4


def _check_explanations(events: EventAccumulator, steps: list[int]) -> None:
    """At every step, maps and tests of each example, and what they are worth over all questions."""
    tests = {(order, name) for order in ("positive", "negative") for name in ("image", "text")}
    for tag in ("val/007", "val/evaluation"):
        assert [one.step for one in events.Tensors(tag)] == steps
    for one in events.Tensors("val/007"):
        manifest = parse_manifest(one.tensor_proto.string_val[0])
        assert {map_.method for map_ in manifest.relevancy} == set(METHODS)
        for method in METHODS:
            own = [test for test in manifest.perturbation if test.method == method]
            assert len(own) == len(tests) and all(len(test.answers) == 9 for test in own)
    for one in events.Tensors("val/evaluation"):
        evaluation = parse_evaluation(one.tensor_proto.string_val[0])
        assert {(one.order, one.modality) for one in evaluation.curves} == tests
        assert {one.method for one in evaluation.curves} == set(METHODS)
        assert {one.samples for one in evaluation.curves} == {24}
        sanity = [one.method for one in evaluation.measures if one.name == "randomisation"]
        assert "relevancy" in sanity if one.step == steps[-1] else not sanity
    for method in METHODS:
        for number in ("pointing_game", "perturbation_area/image/positive"):
            assert [one.step for one in events.Scalars(f"val/{number}/{method}")] == steps


def _table(printed: str) -> list[str]:
    """The rows with results, and the accuracy at the end."""
    return [line for line in printed.splitlines() if re.match(r" *\d+ +\d\.\d|Accuracy on", line)]
