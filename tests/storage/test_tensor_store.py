"""A step's arrays: what was written is read back, slice by slice, by us and by plain zarr."""

import zipfile

import numpy as np
import pytest
import zarr
from zarr.storage import ZipStore

from tests.logged_examples import noise_lens, softmaxed_noise
from vl_tb_plugin import Attention
from vl_tb_plugin.example.encoded_probabilities import PRECISIONS
from vl_tb_plugin.storage.tensor_store import TensorStore
from vl_tb_plugin.storage.tensor_store_writer import (
    CHUNK_BYTES,
    TensorStoreWriter,
    attention_chunks,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plugins" / "step.zarr.zip"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_attention_is_read_back_within_the_bound_of_its_precision(path, rng, precision):
    weights = softmaxed_noise((2, 3, 5, 7), rng)
    writer = TensorStoreWriter(path)
    kept = Attention(weights, precision=precision).weights
    name = writer.add_attention("self", kept, 0, "val/0")
    writer.publish()
    store = TensorStore(path)
    row = store.attention(name, 1, 2, 4)
    assert (np.abs(row.decoded() - weights[1, 2, 4]) <= row.error_bound()).all()
    mean, expected = store.attention(name, 0, None, slice(None)), weights[0].mean(axis=0)
    assert (np.abs(mean.decoded() - expected) <= mean.error_bound() + 1e-7).all()


def test_stacked_arrays_are_read_back_example_by_example(path, rng):
    statistics = [rng.standard_normal((4, 2, 3)).astype(np.float32) for _ in range(5)]
    states = [rng.standard_normal((3, tokens, 8)).astype(np.float32) for tokens in (4, 6, 1, 9, 2)]
    writer = TensorStoreWriter(path)
    places = [
        (writer.add_statistics("self", one, "t"), writer.add_hidden_states("joint", two, "t"))
        for one, two in zip(statistics, states, strict=True)
    ]
    writer.publish()
    store = TensorStore(path)
    for (first, second), one, two in zip(places, statistics, states, strict=True):
        assert np.array_equal(store.statistics(first), one)
        read = store.hidden_states(second, 1, two.shape[1])
        assert np.allclose(read, two[1], atol=2e-3, rtol=1e-3)


def test_the_statistics_of_a_part_are_read_at_once(path, rng):
    statistics = [rng.standard_normal((4, 2, 3)).astype(np.float32) for _ in range(5)]
    writer = TensorStoreWriter(path)
    places = [writer.add_statistics("self", one, "t") for one in statistics]
    writer.publish()
    assert len({place.path for place in places}) == 1
    assert np.array_equal(TensorStore(path).stacked_statistics(places[0].path), statistics)


def test_the_weights_of_several_heads_are_read_at_once(path, rng):
    weights = softmaxed_noise((2, 5, 4, 7), rng)
    writer = TensorStoreWriter(path)
    kept = Attention(weights, precision="uint8_row_maximum").weights
    name = writer.add_attention("self", kept, 0, "val/0")
    writer.publish()
    read = TensorStore(path).attention(name, 1, slice(2, 4), slice(None))
    assert (np.abs(read.decoded() - weights[1, 2:4]) <= read.error_bound()).all()


def test_a_part_of_stacked_examples_stays_near_a_megabyte(path, rng):
    writer = TensorStoreWriter(path)
    states = rng.standard_normal((2, 300, 512)).astype(np.float32)
    places = [writer.add_hidden_states("joint", states, "t") for _ in range(8)]
    writer.publish()
    assert [place.offset for place in places] == [0, 300, 600, 0, 300, 600, 0, 300]
    root = zarr.open_group(ZipStore(path, mode="r"), mode="r")
    for part in root["hidden_states/joint"].array_values():
        assert np.prod(part.chunks) * 2 <= CHUNK_BYTES


def test_examples_of_another_width_begin_a_new_part(path, rng):
    writer = TensorStoreWriter(path)
    shapes = [(2, 4, 8), (2, 4, 16), (3, 4, 16)]
    paths = {writer.add_hidden_states("joint", np.ones(s, np.float32), "t").path for s in shapes}
    writer.publish()
    assert len(paths) == 3


def test_activations_beyond_float16_are_kept(path):
    states = np.full((1, 2, 3), 1e6, np.float32)
    writer = TensorStoreWriter(path)
    place = writer.add_hidden_states("joint", states, "t")
    writer.publish()
    assert np.array_equal(TensorStore(path).hidden_states(place, 0, 2), states[0])


def test_plain_zarr_opens_a_store_and_its_attributes_say_how_to_read_it(path, rng):
    weights = softmaxed_noise((1, 2, 3, 3), rng)
    writer = TensorStoreWriter(path)
    name = writer.add_attention("self", Attention(weights).weights, 0, "val/0007")
    writer.publish()
    array = zarr.open_array(ZipStore(path, mode="r"), path=name, mode="r")
    assert array.attrs["tag"] == "val/0007"
    assert array.metadata.dimension_names == ("layer", "head", "query", "key")
    assert array.attrs["decode"] == "p = (value / 255) ** 2"
    by_hand = (np.asarray(array[:]) / 255) ** 2
    assert np.allclose(by_hand, weights, atol=4e-3)


def test_nothing_is_visible_before_it_is_published(path):
    writer = TensorStoreWriter(path)
    writer.add_attention("self", Attention(np.ones((1, 1, 1, 1))).weights, 0, "t")
    assert not path.exists()
    writer.publish()
    assert path.exists() and list(path.parent.iterdir()) == [path]


def test_discarding_leaves_nothing_behind(path):
    writer = TensorStoreWriter(path)
    writer.discard()
    assert list(path.parent.iterdir()) == []


def test_a_flipped_bit_is_noticed(path, rng):
    writer = TensorStoreWriter(path)
    kept = Attention(softmaxed_noise((1, 1, 40, 40), rng)).weights
    name = writer.add_attention("self", kept, 0, "t")
    writer.publish()
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        chunk = next(item for item in archive.infolist() if "/c/" in item.filename)
    raw[chunk.header_offset + 30 + len(chunk.filename) + chunk.compress_size // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(zipfile.BadZipFile):
        TensorStore(path).attention(name, 0, 0, 0)


def test_relevancy_maps_are_read_back_whatever_their_lengths(path, rng):
    maps = [[rng.random(3, np.float32), rng.random(5, np.float32)], [rng.random(40, np.float32)]]
    maps[0][1][2] = np.nan
    writer = TensorStoreWriter(path)
    places = [writer.add_relevancy(one, f"val/{number}") for number, one in enumerate(maps)]
    writer.publish()
    assert [place.offset for place in places] == [0, 8]
    store = TensorStore(path)
    for place, one in zip(places, maps, strict=True):
        expected = np.concatenate(one)
        read = store.relevancy(place, len(expected))
        assert read.dtype == np.float32
        assert np.array_equal(read, expected, equal_nan=True)
    array = zarr.open_array(ZipStore(path, mode="r"), path=places[0].path, mode="r")
    assert places[0].path == "relevancy/000000"
    assert array.attrs["tags"] == ["val/0", "val/1"] and array.attrs["offsets"] == [0, 8]


def test_more_maps_than_a_megabyte_begin_a_new_part(path):
    writer = TensorStoreWriter(path)
    maps = [np.full(CHUNK_BYTES // 4 // 2, number, np.float32) for number in range(3)]
    places = [writer.add_relevancy([one], "t") for one in maps]
    writer.publish()
    assert [place.path for place in places] == ["relevancy/000000"] * 2 + ["relevancy/000001"]
    store = TensorStore(path)
    assert [set(store.relevancy(place, 9)) for place in places] == [{0}, {1}, {2}]


def test_the_arrays_and_words_of_lenses_are_read_back(path):
    lenses = [noise_lens(count, seed=count) for count in (5, 1, 7)]
    writer = TensorStoreWriter(path)
    places = [writer.add_logit_lens(one, "t") for one in lenses]
    writer.publish()
    store = TensorStore(path)
    for place, one in zip(places, lenses, strict=True):
        count = one.outputs.shape[1]
        assert np.array_equal(store.layers_of(place.outputs, count), one.outputs)
        assert np.array_equal(store.layers_of(place.probabilities, count), one.probabilities)
        assert np.array_equal(store.layers_of(place.answer_ranks, count), one.answer_ranks)
        assert store.words(place.words, place.word_bytes) == list(one.words.values())
    assert places[1].outputs.path == places[0].outputs.path == "logit_lens/joint/outputs/000000"


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((12, 12, 120, 120), (1, 12, 120, 120)),
        ((12, 12, 600, 600), (1, 2, 600, 600)),
        ((32, 32, 2048, 2048), (1, 1, 512, 2048)),
        ((12, 120, 120), (1, 120, 120)),
        ((32, 2048, 2048), (1, 512, 2048)),
    ],
)
def test_a_chunk_holds_one_layer_and_about_a_megabyte(shape, chunks):
    assert attention_chunks(shape) == chunks
