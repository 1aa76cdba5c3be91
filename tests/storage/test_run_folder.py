"""References in manifests can't lead out of the run's folder."""

import os

import pytest

from vl_tb_plugin.storage.run_folder import asset_folder, image_path, new_store_name, store_path


def test_a_new_store_name_is_accepted_and_never_repeats(tmp_path):
    first, second = new_store_name(150, 2), new_store_name(150, 2)
    assert first != second
    assert store_path(tmp_path, first) == asset_folder(tmp_path).resolve() / first


def test_names_do_not_look_like_event_files():
    assert "tfevents" not in new_store_name(0, 0)


@pytest.mark.parametrize("name", ["../x.zarr.zip", "/etc/passwd", "a.zarr.zip", "", "step_1\n"])
def test_another_name_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="not the name of a tensor store"):
        store_path(tmp_path, name)


@pytest.mark.parametrize("digest", ["../../../etc/passwd", "A" * 64, "0" * 63, ""])
def test_what_is_no_digest_is_refused(tmp_path, digest):
    with pytest.raises(ValueError, match="not a SHA-256"):
        image_path(tmp_path, digest)


def test_a_link_that_leads_outside_is_refused(tmp_path):
    name = new_store_name(0, 0)
    outside = tmp_path / "outside"
    outside.touch()
    folder = asset_folder(tmp_path / "run")
    folder.mkdir(parents=True)
    os.symlink(outside, folder / name)
    with pytest.raises(ValueError, match="outside"):
        store_path(tmp_path / "run", name)
