"""The routes of cohorts, asked of a real TensorBoard about samples with planted changes."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from tests.logged_examples import joint_example, softmaxed_noise
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import Attention, Example, SummaryWriter

STEPS = [0, 10, 20]
LAYERS, HEADS = 2, 3
PLANTED = (1, 2)
"""Layer and head of the metric that jumps at step 10; the others stay."""
ORDER = np.array([4, 0, 5, 2, 1, 3])
"""Which head of run "seed0" each head of run "seed1" is."""

HERE = {"run": "seed0", "step": 20, "block": "self"}
BEFORE = {"run": "seed0", "step": 0, "block": "self"}
SINCE = BEFORE | {"other_run": "seed0", "other_step": 20}


def sample(number, step, *, order=None, heads=HEADS, layers=LAYERS):
    """One example; correct at the end but for the last, at the beginning only if odd."""
    weights = softmaxed_noise((layers, heads, 9, 9), np.random.default_rng([number, step])) ** 2
    weights /= weights.sum(axis=-1, keepdims=True)
    if order is not None:
        weights = weights.reshape(-1, 9, 9)[order].reshape(weights.shape)
    metric = np.full((layers, heads), float(number))
    metric[PLANTED[0] % layers, PLANTED[1]] += {0: 0, 10: 4, 20: 5}[step]
    right = number != 7 if step == 20 else number % 2 == 1
    return Example(
        joint_example(seed=number).sequences,
        Attention(weights, metrics={"planted": metric}),
        text=f"question {number}",
        prediction="cat" if right else "dog",
        correct=right,
        fields={
            "kind": "digit" if number < 3 else "colour",
            "easy": number == 0,
            "loss": float("nan") if number == 6 else number / 10,
            "name": f"number {number}",
            "weight": 1.0,
        }
        | {f"word {word}": str(number % (word + 1)) for word in range(2)},
    )


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "seed0") as writer:
        for step in STEPS:
            for number in range(8):
                if (number, step) != (3, 10):
                    writer.add_vl_example(f"val/{number}", sample(number, step), step)
    with SummaryWriter(folder / "seed1") as writer:
        for number in range(6):
            writer.add_vl_example(f"val/{number}", sample(number, 20, order=ORDER), 20)
    with SummaryWriter(folder / "mixed") as writer:
        writer.add_vl_example("val/0", sample(0, 20), 20)
        writer.add_vl_example("val/1", sample(1, 20, heads=4), 20)
    with SummaryWriter(folder / "deep") as writer:
        writer.add_vl_example("val/0", sample(0, 20, layers=90), 20)
    return folder


@pytest.fixture(scope="module")
def tensorboard(logdir, tmp_path_factory):
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with TensorBoardProcess(["--logdir", str(logdir)], log) as process:
        process.wait_for_runs(4)
        wait_until(lambda: process.get("examples", run="seed0").json["steps"] == STEPS)
        yield process


def values_of(tensorboard, numbers, **query):
    """(samples, statistics, layers, heads), asked one by one."""
    answers = [tensorboard.get("statistics", tag=f"val/{number}", **query) for number in numbers]
    return np.stack([answer.array("values") for answer in answers])


def test_cohorts_are_listed_with_their_sizes(tensorboard):
    answer = tensorboard.get("cohorts", run="seed0", step=20).json["cohorts"]
    sizes = {cohort["name"]: cohort["samples"] for cohort in answer}
    assert sizes == {
        "all": 8,
        "correct": 7,
        "wrong": 1,
        "field:easy=false": 7,
        "field:easy=true": 1,
        "field:kind=colour": 5,
        "field:kind=digit": 3,
        "field:loss=low": 4,
        "field:loss=high": 3,
        "field:name=number 0": 1,
    } | {f"field:name=number {number}": 1 for number in range(8)} | {
        "field:word 0=0": 8,
        "field:word 1=0": 4,
        "field:word 1=1": 4,
    }
    titles = {cohort["name"]: cohort["title"] for cohort in answer}
    assert titles["field:kind=digit"] == "kind: digit"
    assert titles["field:loss=low"] == "loss: low (≤ 0.3)"


def test_flipped_are_those_whose_correctness_changed(tensorboard):
    other = {"other_run": "seed0", "other_step": 0}
    answer = tensorboard.get("cohorts", run="seed0", step=20, **other).json["cohorts"]
    flipped = next(cohort for cohort in answer if cohort["name"] == "flipped")
    assert flipped["samples"] == 5  # 0, 2, 4, 6 became right, 7 wrong
    found = tensorboard.get("cohort_statistics", cohort="flipped", **HERE, **other)
    expected = values_of(tensorboard, [0, 2, 4, 6, 7], **HERE)
    assert np.allclose(found.array("mean"), expected.mean(axis=0), atol=1e-6, equal_nan=True)


@pytest.mark.parametrize(
    ("cohort", "numbers"),
    [
        ("all", range(8)),
        ("correct", range(7)),
        ("wrong", [7]),
        ("field:kind=digit", [0, 1, 2]),
        ("field:easy=true", [0]),
        ("field:loss=low", [0, 1, 2, 3]),
        ("field:loss=high", [4, 5, 7]),
        ("field:word 1=1", [1, 3, 5, 7]),
        ("tag:val/4", [4]),
    ],
)
def test_statistics_are_averaged_over_the_cohort(tensorboard, cohort, numbers):
    answer = tensorboard.get("cohort_statistics", cohort=cohort, **HERE)
    expected = values_of(tensorboard, numbers, **HERE)
    mean = answer.array("mean")
    assert np.allclose(mean, expected.mean(axis=0), atol=1e-6, equal_nan=True)
    layer_mean = np.where(np.isnan(mean).all(axis=2), np.nan, mean.mean(axis=2))
    assert np.allclose(answer.array("layer_mean"), layer_mean, equal_nan=True)
    assert answer.header["samples"] == len(numbers)
    names = answer.header["statistics"]
    assert names[-1] == "planted" and len(names) == len(mean)
    assert (answer.array("samples")[names.index("entropy")] == len(numbers)).all()
    width = answer.array("high") - answer.array("low")
    if len(numbers) > 1:
        assert (width[names.index("entropy")] > 0).all()
        assert "bootstrap" in answer.header["interval"]
    else:
        assert np.isnan(width).all()


def test_every_sample_is_standardised_before_they_are_averaged(tensorboard):
    scaled = HERE | {"normalisation": "z"}
    expected = values_of(tensorboard, range(8), **scaled)
    mean = tensorboard.get("cohort_statistics", cohort="all", **scaled).array("mean")
    assert np.allclose(mean, expected.mean(axis=0), atol=1e-5, equal_nan=True)
    query = scaled | {"cohort": "all", "statistic": "planted"}
    history = tensorboard.get("cohort_history", **query).array("mean")
    assert np.allclose(history[0, -1], mean[-1], atol=1e-5)
    change = tensorboard.get("cohort_difference", cohort="all", **SINCE | {"normalisation": "z"})
    before = values_of(tensorboard, range(8), **BEFORE | {"normalisation": "z"})
    entropy = change.header["statistics"].index("entropy")
    paired = (expected - before)[:, entropy].mean(axis=0)
    assert np.allclose(change.array("difference")[entropy], paired, atol=1e-5)


def test_history_follows_the_same_samples_over_all_steps(tensorboard):
    names = ["entropy", "planted"]
    answer = tensorboard.get("cohort_history", cohort="field:kind=colour", statistic=names, **HERE)
    assert answer.header["steps"] == STEPS and answer.header["statistics"] == names
    for place, step in enumerate(STEPS):
        numbers = [4, 5, 6, 7] if step == 10 else [3, 4, 5, 6, 7]  # 3 was not logged at step 10
        expected = values_of(tensorboard, numbers, run="seed0", step=step, block="self")
        every = tensorboard.get("cohort_statistics", cohort="all", **HERE).header["statistics"]
        for row, name in enumerate(names):
            mean = expected[:, every.index(name)].mean(axis=0)
            assert np.allclose(answer.array("mean")[row, place], mean, atol=1e-6)
            assert np.allclose(answer.array("layer_mean")[row, place], mean.mean(axis=1))
    assert (answer.array("low")[0] < answer.array("mean")[0]).all()
    assert (answer.array("high")[0] > answer.array("mean")[0]).all()


def test_the_head_with_the_planted_jump_emerges_when_it_jumps(tensorboard):
    answer = tensorboard.get("cohort_history", cohort="all", statistic="planted", **HERE)
    emergence = np.full((1, LAYERS, HEADS), -1)
    emergence[0, *PLANTED] = STEPS.index(10)
    assert np.array_equal(answer.array("emergence"), emergence)
    assert "midpoint" in answer.header["emergence_rule"]


def test_difference_is_of_the_same_samples_and_finds_the_planted_jump(tensorboard):
    answer = tensorboard.get("cohort_difference", cohort="all", **SINCE)
    here, there = (values_of(tensorboard, range(8), **one) for one in (BEFORE, HERE))
    expected = there - here
    assert np.allclose(answer.array("difference"), expected.mean(0), atol=1e-6, equal_nan=True)
    entropy = answer.header["statistics"].index("entropy")
    changes = expected[:, entropy]
    effect = changes.mean(axis=0) / changes.std(axis=0, ddof=1)
    assert np.allclose(answer.array("effect")[entropy], effect, rtol=1e-3)
    planted = np.zeros((LAYERS, HEADS))
    planted[PLANTED] = 1
    assert np.array_equal(answer.array("beyond_chance")[-1], planted)
    assert answer.header["samples"] == 8 and "8 pairs" in answer.header["test"]


def test_pairs_are_matched_by_tag_and_too_few_are_never_beyond_chance(tensorboard):
    query = HERE | {"other_run": "seed1", "other_step": 20}
    answer = tensorboard.get("cohort_difference", cohort="all", **query)
    assert answer.header["samples"] == 6
    few = tensorboard.get("cohort_difference", cohort="field:kind=digit", **query)
    assert few.header["samples"] == 3 and "too few" in few.header["test"]
    assert not few.array("beyond_chance").any()


def test_similarity_is_the_mean_divergence_of_rows(tensorboard):
    answer = tensorboard.get("head_similarity", cohort="all", **HERE)
    weights = np.stack(
        [sample(number, 20).attention[0].probabilities.reshape(-1, 9, 9) for number in range(8)]
    )
    distance = jensenshannon(weights[:, :, None], weights[:, None], axis=-1)
    expected = (distance**2).mean(axis=(0, 3))
    assert np.allclose(answer.array("divergence"), expected, atol=2e-3)  # eight bits
    assert (answer.header["samples"], answer.header["rows"]) == (8, 72)
    assert answer.array("layer").tolist() == [0, 0, 0, 1, 1, 1]
    assert answer.array("head").tolist() == [0, 1, 2, 0, 1, 2]
    assert sorted(answer.array("order")) == list(range(6))
    assert answer.array("cluster").max() >= 1 and "linkage" in answer.header["clustering"]
    only = tensorboard.get("head_similarity", cohort="all", layers="1", **HERE)
    assert np.allclose(only.array("divergence"), answer.array("divergence")[3:, 3:], atol=1e-5)


def test_too_many_heads_are_compared_in_evenly_spaced_layers(tensorboard):
    query = {"run": "deep", "step": 20, "block": "self", "cohort": "all"}
    answer = tensorboard.get("head_similarity", **query)
    layers = np.unique(answer.array("layer"))
    assert len(answer.array("layer")) == 255 and layers[[0, -1]].tolist() == [0, 89]
    assert "85 of 90 layers" in answer.header["note"]
    chosen = tensorboard.get("head_similarity", layers="3,88", **query)
    assert chosen.array("layer").tolist() == [3, 3, 3, 88, 88, 88]
    every = ",".join(map(str, range(90)))
    refused = tensorboard.get("head_similarity", layers=every, **query)
    assert refused.status == 400 and "At most 85 layers" in refused.json["error"]


def test_the_permuted_heads_of_another_run_are_matched_back(tensorboard):
    query = HERE | {"other_run": "seed1", "other_step": 20, "cohort": "all"}
    answer = tensorboard.get("head_matching", **query)
    other = answer.array("other_layer") * HEADS + answer.array("other_head")
    assert np.array_equal(ORDER[other], np.arange(LAYERS * HEADS))
    assert answer.array("layer").tolist() == [0, 0, 0, 1, 1, 1]
    assert answer.array("divergence").max() < 1e-5
    moved = np.arange(LAYERS * HEADS) != ORDER
    assert (answer.array("identity_divergence")[moved] > 0.01).all()
    assert (answer.header["samples"], answer.header["rows"]) == (6, 54)


ANY = {"cohort": "all", "statistic": "entropy"}


@pytest.mark.parametrize(
    ("route", "query", "status", "says"),
    [
        ("cohorts", {"run": "seed0", "step": 5}, 404, "no step 5, only [0, 10, 20]"),
        ("cohorts", {"run": "seed0", "step": 0, "other_run": "seed1"}, 400, "'other_step'"),
        ("cohort_statistics", HERE | {"cohort": "right"}, 404, "'correct'"),
        ("cohort_statistics", HERE, 400, "'cohort' is missing"),
        ("cohort_statistics", HERE | {"cohort": "field:size=big"}, 404, "'field:kind=digit'"),
        ("cohort_statistics", HERE | {"cohort": "tag:val/9"}, 404, "'val/9'"),
        ("cohort_statistics", HERE | {"cohort": "flipped"}, 400, "'other_step'"),
        ("cohort_statistics", ANY | HERE | {"block": "cross"}, 404, "['self']"),
        ("cohort_statistics", ANY | HERE | {"run": "mixed"}, 400, "with 4 heads in 'val/1'"),
        ("cohort_statistics", ANY | HERE | {"normalisation": "x"}, 400, "none, z, compat"),
        ("cohort_history", HERE | {"cohort": "all"}, 400, "'statistic' is missing"),
        ("cohort_history", ANY | HERE | {"statistic": "size"}, 404, "'planted'"),
        ("cohort_difference", ANY | HERE, 400, "'other_step' is missing"),
        (
            "cohort_difference",
            HERE | {"cohort": "tag:val/7", "other_run": "seed1", "other_step": 20},
            404,
            "matched by tag",
        ),
        ("head_similarity", ANY | HERE | {"layers": "2"}, 404, "only of [0, 1]"),
        ("head_similarity", ANY | HERE | {"layers": "one"}, 400, "'layers'"),
        ("head_similarity", ANY | HERE | {"block": "cross"}, 404, "['self']"),
        ("head_matching", ANY | HERE, 400, "'other_step' is missing"),
    ],
)
def test_what_does_not_fit_is_said(tensorboard, route, query, status, says):
    answer = tensorboard.get(route, **query)
    assert answer.status == status
    assert says in answer.json["error"]


def test_a_field_with_too_many_words_is_no_cohort(tensorboard, logdir):
    with SummaryWriter(logdir / "many") as writer:
        for number in range(13):
            example = joint_example(seed=number, fields={"name": f"number {number}"})
            writer.add_vl_example(f"val/{number}", example, 0)
    wait_until(lambda: len(tensorboard.get("examples", run="many").json.get("examples", [])) == 13)
    listed = tensorboard.get("cohorts", run="many", step=0).json["cohorts"]
    assert [cohort["name"] for cohort in listed] == ["all", "wrong"]
    query = {"run": "many", "step": 0, "block": "self", "cohort": "field:name=number 3"}
    answer = tensorboard.get("cohort_statistics", **query)
    assert answer.status == 400 and "13 different values" in answer.json["error"]


def test_what_is_logged_meanwhile_is_in_the_next_answer(tensorboard, logdir):
    query = {"run": "live", "block": "self", "step": 0, "cohort": "all", "statistic": "planted"}
    with SummaryWriter(logdir / "live") as writer:
        writer.add_vl_example("val/0", sample(0, 0), 0)
        writer.flush()
        wait_until(lambda: tensorboard.get("cohort_history", **query).status == 200)
        assert tensorboard.get("cohort_history", **query).header["steps"] == [0]
        writer.add_vl_example("val/0", sample(0, 10), 10)
        writer.flush()
        wait_until(lambda: tensorboard.get("cohort_history", **query).header["steps"] == [0, 10])
    planted = tensorboard.get("cohort_history", **query).array("mean")[0, :, *PLANTED]
    assert planted.tolist() == [0, 4]
