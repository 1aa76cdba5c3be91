"""Images of examples: one PNG per content and run, named by its hash."""

from __future__ import annotations

import hashlib
import io
import os

import numpy as np
import numpy.typing as npt
from PIL import Image

from vl_tb_plugin.storage.run_folder import asset_folder, image_path, publish_file


def write_image(run_folder: str | os.PathLike[str], image: npt.NDArray[np.uint8]) -> str:
    """Store an image (height, width, 3) once; returns the SHA-256 digest that names it."""
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, format="PNG")
    digest = hashlib.sha256(encoded.getbuffer()).hexdigest()
    folder = asset_folder(run_folder) / "images"
    folder.mkdir(parents=True, exist_ok=True)
    final = image_path(run_folder, digest)
    if not final.exists():
        # other ranks may write the same image at the same moment
        temporary = folder / f".{digest}.{os.getpid()}.tmp"
        temporary.write_bytes(encoded.getbuffer())
        publish_file(temporary, final)
    return digest


def read_image(run_folder: str | os.PathLike[str], digest: str) -> bytes:
    """The PNG of that digest; raises FileNotFoundError, or ValueError for what is no digest."""
    path = image_path(run_folder, digest)
    if not path.is_file():
        raise FileNotFoundError(f"The image {digest[:12]}… is gone from {path.parent}.")
    return path.read_bytes()
