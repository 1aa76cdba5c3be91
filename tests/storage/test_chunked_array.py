"""Slices of an array are those that zarr reads, whatever the chunks."""

import itertools
import zipfile

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.storage import ZipStore

from vl_tb_plugin.storage.chunked_array import ChunkedArray, UnreadableArray


@pytest.fixture
def written(tmp_path):
    def write(values, **layout):
        path = tmp_path / "arrays.zip"
        store = ZipStore(path, mode="w")
        options = {"compressors": BloscCodec(cname="lz4", shuffle="bitshuffle")} | layout
        zarr.create_group(store).create_array("some/0", data=values, **options)
        store.close()
        return zipfile.ZipFile(path)

    return write


@pytest.mark.parametrize(
    "layout",
    [
        {"chunks": (1, 50, 8)},
        {"chunks": (1, 16, 8)},
        {"chunks": (2, 20, 5)},
        {"chunks": (4, 50, 8), "compressors": ZstdCodec(level=1)},
        {"chunks": (1, 50, 8), "compressors": BloscCodec(cname="zstd", shuffle="shuffle")},
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float32"])
def test_slices_are_those_of_the_array_whatever_the_chunks(written, layout, dtype):
    values = np.random.default_rng(0).integers(1, 200, (4, 50, 8)).astype(dtype)
    values[2] = 0  # a chunk of zeros is not written
    array = ChunkedArray.open(written(values, **layout), "some/0")
    choices = (
        (0, 3, slice(None), slice(1, 3)),
        (0, 49, slice(3, 14), slice(15, 33), slice(20, 20), slice(40, None)),
        (7, slice(None), slice(2, 6)),
    )
    for where in itertools.product(*choices):
        read = array[where]
        assert read.dtype == dtype
        np.testing.assert_array_equal(read, values[where], strict=True)


def test_axes_left_out_are_whole(written):
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    array = ChunkedArray.open(written(values, chunks=(1, 2, 4)), "some/0")
    np.testing.assert_array_equal(array[:], values)
    np.testing.assert_array_equal(array[1], values[1])
    np.testing.assert_array_equal(array[1, 2:], values[1, 2:])


def test_an_index_outside_the_array_is_refused(written):
    values = np.ones((2, 3), np.float32)
    array = ChunkedArray.open(written(values, chunks=(1, 3)), "some/0")
    with pytest.raises(IndexError, match="2 is outside an axis of 2"):
        array[2]


@pytest.mark.parametrize(
    "layout",
    [{"chunks": (1, 10), "shards": (1, 50)}, {"chunks": (1, 50), "fill_value": 1}],
)
def test_a_layout_that_is_not_known_is_told(written, layout):
    values = np.ones((2, 50), np.float32)
    with pytest.raises(UnreadableArray, match="Update vl_tb_plugin"):
        ChunkedArray.open(written(values, **layout), "some/0")
