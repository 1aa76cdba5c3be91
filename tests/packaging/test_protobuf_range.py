"""The generated protobuf code works under every runtime that a user may have.

One old runtime by default; ``PROTOBUF_RANGE=full`` tries one release of each major version.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = Path(__file__).parents[2] / "vl_tb_plugin" / "storage" / "manifest_pb2.py"
FULL = ("4.25.*", "5.*", "6.*", "7.*")
VERSIONS = FULL if os.environ.get("PROTOBUF_RANGE") == "full" else FULL[:1]

ROUND_TRIP = """
import importlib.util, sys
runtime, module, version = sys.argv[1:]
sys.path.insert(0, runtime)
import google.protobuf
assert google.protobuf.__version__.startswith(version.rstrip("*")), google.protobuf.__version__

spec = importlib.util.spec_from_file_location("manifest_pb2", module)
manifest_pb2 = importlib.util.module_from_spec(spec)
spec.loader.exec_module(manifest_pb2)

manifest = manifest_pb2.Manifest(schema_version=1, store="a.zip", correct=False)
manifest.sequences.add(name="text", tokens=["a", "b"], modality=bytes([0, 2]), boxes=[0.5] * 4)
manifest.fields["loss"].number = 0.25
copy = manifest_pb2.Manifest.FromString(manifest.SerializeToString())
assert copy == manifest and copy.HasField("correct") and not copy.HasField("target")
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", VERSIONS)
def test_round_trip(version, tmp_path):
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path]
    subprocess.run([*pip, f"protobuf=={version}"], check=True)
    # -S: nothing of this environment's own site-packages.
    command = [sys.executable, "-S", "-c", ROUND_TRIP, tmp_path, MODULE, version]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
