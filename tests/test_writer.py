"""Logging: a SummaryWriter like PyTorch's, asynchronous, bounded, and safe to kill."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils import tensorboard

from tests.logged_examples import joint_example, noise_evaluation, two_stream_example
from tests.waiting import wait_until
from vl_tb_plugin import (
    Evaluation,
    InvalidExample,
    LoggingFailed,
    Measure,
    PerturbationCurve,
    SummaryWriter,
)
from vl_tb_plugin.storage.evaluation_manifest import parse_evaluation
from vl_tb_plugin.storage.manifest import parse_manifest
from vl_tb_plugin.storage.run_folder import asset_folder, store_path
from vl_tb_plugin.storage.tensor_store import TensorStore


def logged(run) -> dict[str, dict[int, object]]:
    """Every manifest in the run's event files, by tag and step."""
    events = EventAccumulator(str(run), size_guidance={"tensors": 0}).Reload()
    return {
        tag: {
            event.step: parse_manifest(event.tensor_proto.string_val[0])
            for event in events.Tensors(tag)
        }
        for tag in events.Tags()["tensors"]
        if events.SummaryMetadata(tag).plugin_data.plugin_name == "vl_tb_plugin"
    }


def stores(run) -> list[str]:
    return sorted(path.name for path in asset_folder(run).glob("step_*"))


def test_it_is_a_summary_writer_whose_own_methods_work(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        assert isinstance(writer, tensorboard.SummaryWriter)
        writer.add_scalar("loss", 0.5, 3)
        writer.add_text("note", "hello", 3)
        writer.add_vl_example("val/0", joint_example(), 3)
    events = EventAccumulator(str(tmp_path)).Reload()
    assert events.Scalars("loss")[0].value == 0.5
    assert "val/0" in logged(tmp_path)


def test_a_step_becomes_one_store_and_one_manifest_per_example(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in (0, 100):
            for sample in range(3):
                writer.add_vl_example(f"val/{sample}", joint_example(seed=sample), step)
    assert len(stores(tmp_path)) == 2
    manifests = logged(tmp_path)
    assert {tag: list(steps) for tag, steps in manifests.items()} == {
        f"val/{sample}": [0, 100] for sample in range(3)
    }
    manifest = manifests["val/2"][100]
    store = TensorStore(store_path(tmp_path, manifest.store))
    block = manifest.attention[0]
    assert store.statistics(block.statistics_slice).shape == (len(block.statistics), 2, 3)
    assert store.attention(block.weights, 1, 2, 0).decoded().sum() == pytest.approx(1, abs=0.02)


def test_own_metrics_follow_the_statistics(tmp_path):
    from vl_tb_plugin import Attention, Example, TokenSequence

    block = Attention([[[[1.0]], [[1.0]]]], metrics={"probe accuracy": [[0.25, 0.75]]})
    with SummaryWriter(tmp_path) as writer:
        writer.add_vl_example("val/0", Example(TokenSequence(["a"], ["text"]), block))
    manifest = logged(tmp_path)["val/0"][0]
    described = manifest.attention[0]
    assert list(described.metrics) == ["probe accuracy"]
    store = TensorStore(store_path(tmp_path, manifest.store))
    assert store.statistics(described.statistics_slice)[-1].tolist() == [[0.25, 0.75]]


def test_relevancy_maps_go_to_the_store_of_their_step(tmp_path):
    examples = {f"val/{seed}": two_stream_example(seed=seed) for seed in range(3)}
    with SummaryWriter(tmp_path) as writer:
        for tag, example in examples.items():
            writer.add_vl_example(tag, example, 7)
    assert len(stores(tmp_path)) == 1
    for tag, example in examples.items():
        manifest = logged(tmp_path)[tag][7]
        store = TensorStore(store_path(tmp_path, manifest.store))
        assert [one.method for one in manifest.relevancy] == ["relevancy", "raw_attention"]
        for one, expected in zip(manifest.relevancy, example.relevancy, strict=True):
            scores = np.concatenate([expected.scores["text"], expected.scores["image"]])
            assert np.array_equal(store.relevancy(one.values, 7), scores, equal_nan=True)


def test_an_evaluation_is_one_summary_that_says_so_and_a_scalar_per_number(tmp_path):
    evaluation = noise_evaluation()
    with SummaryWriter(tmp_path) as writer:
        writer.add_vl_evaluation("val", evaluation, 7, walltime=1234.5)
    events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    (event,) = events.Tensors("val/evaluation")
    metadata = events.SummaryMetadata("val/evaluation").plugin_data
    assert (metadata.plugin_name, metadata.content) == ("vl_tb_plugin", b"evaluation")
    assert (event.step, event.wall_time) == (7, 1234.5)
    read = parse_evaluation(event.tensor_proto.string_val[0])
    assert read.curves == tuple(evaluation.curves)
    areas = {
        f"val/perturbation_area/image/{curve.order}/{curve.method}": curve.area
        for curve in evaluation.curves
    }
    expected = {
        "val/pointing_game/relevancy": evaluation.measures[0].value,
        "val/attention_relevancy_agreement": evaluation.measures[1].value,
        **areas,
    }
    assert set(events.Tags()["scalars"]) == set(expected)
    for tag, value in expected.items():
        (scalar,) = events.Scalars(tag)
        assert (scalar.step, scalar.wall_time) == (7, 1234.5)
        assert scalar.value == pytest.approx(value)
    assert stores(tmp_path) == []


def test_flush_makes_an_evaluation_visible(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_vl_evaluation("val", noise_evaluation(), 0)
        writer.flush()
        events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
        assert "val/evaluation" in events.Tags()["tensors"]


@pytest.mark.parametrize(
    "measures",
    [
        [Measure("mine", 1.0), Measure("mine", 2.0)],
        [Measure("evaluation", 1.0)],
    ],
    ids=["twice the same", "the summary's own tag"],
)
def test_numbers_that_would_hide_each_other_are_refused_whole(tmp_path, measures):
    with SummaryWriter(tmp_path) as writer, pytest.raises(InvalidExample, match="one number a sc"):
        writer.add_vl_evaluation("val", Evaluation((), measures), 0)
    assert EventAccumulator(str(tmp_path)).Reload().Tags()["tensors"] == []


def test_two_metrics_of_one_removal_need_two_tags(tmp_path):
    curves = [
        PerturbationCurve("random", "positive", "text", (0, 1), (1, 0), (0, 0), 4, metric)
        for metric in ("accuracy", "probability")
    ]
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(InvalidExample, match="log a second metric as another tag"):
            writer.add_vl_evaluation("val", Evaluation(curves), 0)
        for curve in curves:
            writer.add_vl_evaluation(f"val/{curve.metric}", Evaluation([curve]), 0)


def test_an_example_may_not_have_the_tag_of_an_evaluation(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(InvalidExample, match="logged there"):
        writer.add_vl_example("val/evaluation", joint_example(), 0)


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        (("", Evaluation()), "tag"),
        (("val", 0.5), "evaluation"),
        (("val", Evaluation(), -1), "step"),
    ],
)
def test_an_evaluation_that_is_none_is_refused(tmp_path, arguments, argument):
    with SummaryWriter(tmp_path) as writer, pytest.raises(InvalidExample, match=argument):
        writer.add_vl_evaluation(*arguments)


def test_an_image_is_stored_once_per_run(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_vl_example("val/0", joint_example(seed=1), step)
    assert len(list((asset_folder(tmp_path) / "images").iterdir())) == 1


def test_flush_makes_visible_what_was_logged_so_far(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_vl_example("val/0", joint_example(), 0)
    writer.flush()
    assert list(logged(tmp_path)["val/0"]) == [0]
    writer.add_vl_example("val/1", joint_example(), 0)
    writer.close()
    assert set(logged(tmp_path)) == {"val/0", "val/1"}


def test_a_step_for_which_nothing_more_comes_is_published_without_a_flush(tmp_path):
    writer = SummaryWriter(tmp_path, flush_secs=1)
    writer.add_vl_example("val/0", joint_example(), 0)
    wait_until(lambda: "val/0" in logged(tmp_path))
    writer.close()


def test_a_process_that_ends_without_close_writes_what_is_queued(tmp_path):
    run_script("writer.add_vl_example('val/0', joint_example(), 5)", tmp_path)
    assert list(logged(tmp_path)["val/0"]) == [5]


def test_kill_9_loses_no_finished_step(tmp_path):
    process = run_script(
        """
        for step in range(1000):
            for sample in range(4):
                writer.add_vl_example(f"val/{sample}", joint_example(seed=sample), step)
        """,
        tmp_path,
        wait=False,
    )
    wait_until(lambda: len(stores(tmp_path)) > 6)
    process.send_signal(signal.SIGKILL)
    process.wait()
    manifests = logged(tmp_path)
    steps = list(manifests["val/0"])
    assert len(steps) >= 5 and steps == list(range(len(steps)))
    for tag in manifests:
        for manifest in manifests[tag].values():
            store = TensorStore(store_path(tmp_path, manifest.store))
            store.statistics(manifest.attention[0].statistics_slice)


def test_memory_stays_bounded_when_the_disk_is_slower_than_the_model(tmp_path):
    example = two_stream_example()
    with SummaryWriter(tmp_path, queue_bytes=example.nbytes * 2) as writer:
        for step in range(40):
            writer.add_vl_example("val/0", example, step)
            assert writer._publisher._waiting_bytes <= example.nbytes * 2
    assert len(logged(tmp_path)["val/0"]) == 40


def test_ranks_write_files_of_their_own(tmp_path):
    for rank in (0, 1):
        with SummaryWriter(tmp_path, rank=rank) as writer:
            writer.add_vl_example(f"val/{rank}", joint_example(), 7)
    assert [name.split(".")[1] for name in stores(tmp_path)] == ["rank_0", "rank_1"]
    assert set(logged(tmp_path)) == {"val/0", "val/1"}


def test_a_closed_writer_says_so(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        writer.add_vl_example("val/0", joint_example(), 0)
    with pytest.raises(RuntimeError, match="closed"):
        writer.add_vl_evaluation("val", noise_evaluation(), 0)


@pytest.mark.parametrize("step", [-1, 1.5, "ten", None])
def test_a_step_that_is_no_step_is_refused(tmp_path, step):
    with SummaryWriter(tmp_path) as writer, pytest.raises(InvalidExample, match="global_step"):
        writer.add_vl_example("val/0", joint_example(), step)


def test_a_bucket_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    writer = SummaryWriter(tmp_path)
    writer.log_dir = "s3://bucket/run"
    with pytest.raises(InvalidExample, match="local or mounted folder"):
        writer.add_vl_example("val/0", joint_example(), 0)


def test_a_failed_write_is_heard_of_and_leaves_nothing_half_written(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_vl_example("val/0", joint_example(), 0)
    writer.flush()
    # a file where the folder of images should be: the next image can't be written
    images = asset_folder(tmp_path) / "images"
    for image in images.iterdir():
        image.unlink()
    images.rmdir()
    images.touch()
    writer.add_vl_example("val/0", joint_example(seed=1), 1)
    with pytest.raises(LoggingFailed, match="Steps published before are safe"):
        writer.flush()
    with pytest.raises(LoggingFailed):
        writer.add_vl_example("val/0", joint_example(), 2)
    with pytest.raises(LoggingFailed):
        writer.close()
    assert list(logged(tmp_path)["val/0"]) == [0]
    assert len(stores(tmp_path)) == 1


def run_script(body: str, run, *, wait: bool = True) -> subprocess.Popen:
    """Run a script with ``writer`` and ``joint_example`` in a process of its own."""
    script = "\n".join(
        [
            "from tests.logged_examples import joint_example",
            "from vl_tb_plugin import SummaryWriter",
            f"writer = SummaryWriter({str(run)!r})",
            textwrap.dedent(body),
        ]
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=os.getcwd())
    if wait:
        assert process.wait(timeout=240) == 0
    return process
