"""Statistics of heads as ordinary scalars of the run."""

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.capture.tiny_models import lxmert, lxmert_batch
from tests.logged_examples import joint_example, two_stream_example
from vl_tb_plugin import HeadScalars, InvalidExample, SummaryWriter, trace
from vl_tb_plugin.analysis.head_statistics import STATISTICS
from vl_tb_plugin.storage import head_scalars


def scalars(run) -> dict[str, dict[int, float]]:
    """The last value of every scalar by tag and step."""
    events = EventAccumulator(str(run), size_guidance={"tensors": 0, "scalars": 0}).Reload()
    return {
        tag: {event.step: event.value for event in events.Scalars(tag)}
        for tag in events.Tags()["scalars"]
    }


def entropies(example, block: int = 0) -> np.ndarray:
    """(layers, heads) mean over the rows of text and image tokens."""
    attention = example.attention[block]
    kept = [kind in ("text", "image") for kind in example.sequence(attention.query).modality]
    weights = attention.probabilities.astype(np.float64)[:, :, kept]
    return -(weights * np.log(weights)).sum(axis=-1).mean(axis=-1)


def test_a_scalar_per_layer_is_the_mean_over_heads_and_over_the_examples_of_a_set(tmp_path):
    first, second, third = (joint_example(seed=seed) for seed in range(3))
    with SummaryWriter(tmp_path, head_scalars=HeadScalars(["entropy"])) as writer:
        writer.add_vl_example("val/0", first, 10)
        writer.add_vl_example("val/digits/1", second, 10)
        writer.add_vl_example("train/0", third, 10)
        writer.add_vl_example("alone", third, 10)
        writer.add_vl_example("val/0", second, 20)
    got = scalars(tmp_path)
    assert len(got) == 6
    mean = (entropies(first) + entropies(second)).mean(axis=1) / 2
    for layer in range(2):
        name = f"heads/entropy/self/layer_{layer:02d}"
        assert got[f"val/{name}"][10] == pytest.approx(mean[layer], rel=1e-5)
        assert got[f"val/{name}"][20] == pytest.approx(entropies(second)[layer].mean(), rel=1e-5)
        for tag in ("train/", ""):
            assert got[tag + name] == {10: pytest.approx(entropies(third)[layer].mean(), rel=1e-5)}


def test_a_scalar_may_be_of_a_head_or_of_a_whole_block(tmp_path):
    example = joint_example()
    for per in ("head", "block"):
        with SummaryWriter(tmp_path / per, head_scalars=HeadScalars("entropy", per)) as writer:
            writer.add_vl_example("val/0", example, 0)
    by_head = scalars(tmp_path / "head")
    assert len(by_head) == 6
    expected = pytest.approx(entropies(example)[1, 2], rel=1e-5)
    assert by_head["val/heads/entropy/self/layer_01/head_02"][0] == expected
    expected = pytest.approx(entropies(example).mean(), rel=1e-5)
    assert scalars(tmp_path / "block") == {"val/heads/entropy/self": {0: expected}}


def test_what_is_not_defined_for_a_block_has_no_scalar(tmp_path):
    wanted = HeadScalars(["mass_text_to_image", "distance_image"], per="block")
    with SummaryWriter(tmp_path, head_scalars=wanted) as writer:
        writer.add_vl_example("val/0", two_stream_example(), 0)
    assert set(scalars(tmp_path)) == {
        "val/heads/mass_text_to_image/text_to_image",
        "val/heads/distance_image/vision",
    }


def test_after_a_flush_within_a_step_the_mean_is_over_all_its_examples(tmp_path):
    first, second = joint_example(seed=0), joint_example(seed=1)
    with SummaryWriter(tmp_path, head_scalars=HeadScalars("entropy", "block")) as writer:
        writer.add_vl_example("val/0", second, 5)
        writer.flush()
        writer.add_vl_example("val/0", first, 5)  # logged again: the later one counts
        writer.add_vl_example("val/1", second, 5)
        writer.flush()
    expected = (entropies(first).mean() + entropies(second).mean()) / 2
    assert scalars(tmp_path)["val/heads/entropy/self"][5] == pytest.approx(expected, rel=1e-5)


def test_none_are_written_unless_asked_for_and_by_rank_zero_alone(tmp_path):
    for rank, wanted in ((0, None), (1, HeadScalars("entropy"))):
        with SummaryWriter(tmp_path, rank=rank, head_scalars=wanted) as writer:
            writer.add_vl_example(f"val/{rank}", joint_example(), 0)
    assert scalars(tmp_path) == {}


@pytest.mark.parametrize("statistics", [["entropy", "entropi"], "entropi", []])
def test_an_unknown_statistic_is_refused_with_those_that_there_are(statistics):
    with pytest.raises(InvalidExample, match="statistics.*mass_text_to_image.*entropy"):
        HeadScalars(statistics)


def test_an_unknown_level_is_refused():
    with pytest.raises(InvalidExample, match="block, layer, head"):
        HeadScalars("entropy", "neuron")


def test_more_scalars_than_anyone_looks_at_are_refused_before_anything_is_written(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(head_scalars, "MOST_TAGS", 12)  # two examples' heads
    with SummaryWriter(tmp_path, head_scalars=HeadScalars("entropy", "head")) as writer:
        for number in range(3):
            writer.add_vl_example(f"val/{number}", joint_example(), 0)  # the same six
        writer.add_vl_example("train/0", joint_example(), 0)
        with pytest.raises(InvalidExample, match=r"at most 12 scalars a step.* got 18"):
            writer.add_vl_example("test/0", joint_example(), 0)
        writer.add_vl_example("test/0", joint_example(), 1)
    assert {tag.partition("/")[0] for tag in scalars(tmp_path)} == {"val", "train", "test"}
    assert all(set(steps) == {0} for tag, steps in scalars(tmp_path).items() if tag[:2] != "te")


def test_a_traced_batch_is_averaged_too_and_refused_as_a_whole(tmp_path, monkeypatch):
    batch = lxmert_batch()
    with trace(lxmert()) as t, torch.no_grad():
        t._model(**batch)
    with SummaryWriter(tmp_path, head_scalars=HeadScalars("mass_text_to_image")) as writer:
        monkeypatch.setattr(head_scalars, "MOST_TAGS", 2)
        with pytest.raises(InvalidExample, match="at most 2 scalars"):
            writer.add_vl_batch("val", t, batch=batch, ids=["a", "b"])
        monkeypatch.undo()
        writer.add_vl_batch("val", t, batch=batch, ids=["a", "b"], global_step=1)
    examples = t.examples(batch)
    cross = [
        next(block for block in example.attention if block.name == "text_to_image")
        for example in examples
    ]
    names = list(STATISTICS)
    expected = np.mean([one.statistics[names.index("mass_text_to_image"), 0] for one in cross])
    got = scalars(tmp_path)[
        f"val/heads/mass_text_to_image/text_to_image/layer_{cross[0].layers[0]:02d}"
    ]
    assert got == {1: pytest.approx(expected, rel=1e-5)}
