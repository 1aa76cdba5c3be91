"""Every route of http_api.md, asked of a real TensorBoard in both of its loading modes."""

import gzip
import json

import numpy as np
import pytest
from scipy.stats import zscore

from tests.logged_examples import joint_example, two_stream_example
from tests.tensorboard_process import TensorBoardProcess
from tests.waiting import wait_until
from vl_tb_plugin import SummaryWriter

STEPS = list(range(0, 240, 2))


@pytest.fixture(scope="module")
def examples():
    return {f"val/{sample}": joint_example(seed=sample, heads=3) for sample in range(2)}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory, examples):
    folder = tmp_path_factory.mktemp("logs")
    with SummaryWriter(folder / "single") as writer:
        for step in STEPS:
            writer.add_vl_example("val/0", examples["val/0"], step)
        writer.add_vl_example("val/1", examples["val/1"], STEPS[-1])
    with SummaryWriter(folder / "nested" / "co-attention") as writer:
        writer.add_vl_example("val/0", two_stream_example(), 5)
    return folder


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast", "slow"])
def tensorboard(request, logdir, tmp_path_factory):
    log = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    arguments = ["--logdir", str(logdir), f"--load_fast={request.param}"]
    with TensorBoardProcess(arguments, log) as process:
        runs = [
            {"run": "nested/co-attention", "tags": 1, "last_step": 5},
            {"run": "single", "tags": 2, "last_step": STEPS[-1]},
        ]
        wait_until(lambda: process.get("runs").json["runs"] == runs)
        wait_until(lambda: process.get("examples", run="single").json["steps"] == STEPS)
        yield process


HERE = {"run": "single", "tag": "val/0", "step": STEPS[-1]}


def test_runs_lists_nested_runs_and_the_logdir(tensorboard, logdir):
    answer = tensorboard.get("runs").json
    assert answer["logdir"] == str(logdir)
    assert answer["runs"] == [
        {"run": "nested/co-attention", "tags": 1, "last_step": 5},
        {"run": "single", "tags": 2, "last_step": STEPS[-1]},
    ]


def test_every_checkpoint_is_kept(tensorboard):
    answer = tensorboard.get("examples", run="single").json
    assert answer["steps"] == STEPS
    first, second = answer["examples"]
    assert (first["tag"], first["steps"]) == ("val/0", STEPS)
    assert (second["tag"], second["steps"]) == ("val/1", STEPS[-1:])
    assert first["predictions"] == ["cat"] * len(STEPS)
    assert first["correct"] == [False] * len(STEPS)


def test_manifest_describes_an_example(tensorboard, examples):
    answer = tensorboard.get("manifest", **HERE).json
    sequence = examples["val/0"].sequences[0]
    assert answer["sequences"][0]["tokens"] == list(sequence.tokens)
    assert answer["sequences"][0]["boxes"][0] is None
    assert answer["sequences"][0]["boxes"][5] == [0, 0, 0.5, 0.5]
    block = answer["attention"][0]
    assert (block["kind"], block["layers"], block["heads"], block["rows"]) == (
        "self",
        [0, 1],
        3,
        None,
    )
    assert all(item["title"] and item["description"] for item in block["statistics"])
    assert answer["fields"] == {"loss": 0.5}
    assert answer["target_boxes"] == [[0, 0, 0.5, 0.5]]


def test_statistics_come_per_head_and_as_layer_mean(tensorboard):
    answer = tensorboard.get("statistics", block="self", **HERE)
    values, layer_mean = answer.array("values"), answer.array("layer_mean")
    assert values.shape == (len(answer.header["statistics"]), 2, 3)
    assert np.allclose(layer_mean, values.mean(axis=2), equal_nan=True)


def test_statistics_come_as_standard_scores_on_request(tensorboard):
    plain = tensorboard.get("statistics", block="self", **HERE)
    scores = tensorboard.get("statistics", block="self", normalisation="z", **HERE)
    position = plain.header["statistics"].index("entropy")
    expected = zscore(plain.array("values")[position].astype(np.float64), axis=None)
    assert np.allclose(scores.array("values")[position], expected, atol=1e-4)
    assert np.allclose(scores.array("layer_mean")[position], expected.mean(axis=1), atol=1e-4)


@pytest.mark.parametrize("head", [0, 2])
def test_attention_of_a_query_is_a_row(tensorboard, examples, head):
    answer = tensorboard.get("attention", block="self", layer=1, head=head, query=3, **HERE)
    expected = examples["val/0"].attention[0].probabilities[1, head, 3]
    error = np.abs(answer.array("weights") - expected)
    assert error.max() <= answer.header["quantisation_error"]


def test_attention_to_a_key_is_a_column(tensorboard, examples):
    answer = tensorboard.get("attention", block="self", layer=0, head="mean", key=2, **HERE)
    expected = examples["val/0"].attention[0].probabilities[0, :, :, 2].mean(axis=0)
    assert np.allclose(answer.array("weights"), expected, atol=4e-3)


def test_projection_puts_all_steps_into_one_basis(tensorboard):
    last = tensorboard.get("projection", run="single", step=STEPS[-1], layer=2)
    first = tensorboard.get("projection", run="single", step=0, layer=2)
    assert last.header["tags"] == ["val/0", "val/1"]
    assert last.header["fitted_on"] == {
        "points": 9 * 121,
        "of": 9 * 121,
        "sampled": False,
        "steps": 120,
        "runs": ["single"],
        "layers": [2],
    }
    assert first.header["extent"] == last.header["extent"]
    assert last.array("groups").tolist() == [[0, 0, 9], [1, 0, 9]]
    assert np.allclose(last.array("positions")[:9], first.array("positions"))
    assert last.array("modality")[:6].tolist() == [2, 0, 0, 0, 0, 1]
    extent = np.array(last.header["extent"])
    assert (last.array("positions") >= extent[:, 0] - 1e-4).all()
    assert (last.array("positions") <= extent[:, 1] + 1e-4).all()


def test_projection_joins_streams_and_runs_of_one_width(tensorboard):
    answer = tensorboard.get("projection", run=["nested/co-attention", "single"], step=5, layer=1)
    assert answer.header["sequences"] == ["text", "image"]
    assert answer.header["fitted_on"]["runs"] == ["nested/co-attention", "single"]
    assert sorted(answer.array("groups").tolist()) == [[0, 0, 3], [0, 1, 4]]


def test_an_image_is_immutable_and_what_was_logged(tensorboard, examples):
    import io

    from PIL import Image

    digest = tensorboard.get("manifest", **HERE).json["images"][0]["id"]
    answer = tensorboard.get("image", run="single", id=digest)
    assert answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert np.array_equal(
        np.asarray(Image.open(io.BytesIO(answer.body))), examples["val/0"].images[0]
    )


def test_a_body_that_did_not_change_is_not_sent_again(tensorboard):
    first = tensorboard.get("statistics", block="self", **HERE)
    again = tensorboard.get(
        "statistics", block="self", headers={"If-None-Match": first.headers["ETag"]}, **HERE
    )
    assert (again.status, again.body) == (304, b"")
    assert again.headers["X-Content-Type-Options"] == "nosniff"


def test_bodies_are_compressed_where_the_browser_takes_it(tensorboard):
    plain = tensorboard.get("examples", run="single")
    packed = tensorboard.get("examples", run="single", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


@pytest.mark.parametrize(
    ("route", "query", "status", "says"),
    [
        ("examples", {}, 400, "'run' is missing"),
        ("examples", {"run": "nowhere"}, 404, "no run 'nowhere'"),
        ("manifest", HERE | {"tag": "val/9"}, 404, "no example 'val/9'"),
        ("manifest", HERE | {"step": 1}, 404, "no step 1"),
        ("manifest", HERE | {"step": "-1"}, 400, "integer from 0 on"),
        ("manifest", HERE | {"step": "²"}, 400, "integer from 0 on"),
        ("statistics", HERE | {"block": "x"}, 404, "no attention block 'x'"),
        ("statistics", HERE | {"block": "self", "normalisation": "x"}, 400, "none, z, compat"),
        (
            "attention",
            HERE | {"block": "self", "layer": 2, "head": 0, "query": 0},
            404,
            "no layer 2",
        ),
        ("attention", HERE | {"block": "self", "layer": 0, "head": 3, "query": 0}, 404, "0 to 2"),
        ("attention", HERE | {"block": "self", "layer": 0, "head": 0, "query": 9}, 404, "9 tokens"),
        ("attention", HERE | {"block": "self", "layer": 0, "head": 0}, 400, "'query' or 'key'"),
        ("projection", {"run": "single", "step": 0, "layer": 9}, 404, "layer 9"),
        ("image", {"run": "single", "id": "../../../etc/passwd"}, 400, "not a SHA-256"),
        ("image", {"run": "single", "id": "0" * 64}, 404, "is gone"),
        ("image", {"run": "../single", "id": "0" * 64}, 404, "no files of vl_tb_plugin"),
    ],
)
def test_what_does_not_fit_is_answered_in_words(tensorboard, route, query, status, says):
    answer = tensorboard.get(route, **query)
    assert answer.status == status
    assert says in answer.json["error"]
    assert "Traceback" not in answer.json["error"]


def test_another_sites_page_is_refused(tensorboard):
    answer = tensorboard.get("runs", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403


def test_only_reading_is_possible(tensorboard):
    assert tensorboard.get("runs", http_method="POST").status == 405


def test_no_array_is_sent_as_json(tensorboard):
    with pytest.raises(UnicodeDecodeError):
        json.loads(tensorboard.get("statistics", block="self", **HERE).body)
