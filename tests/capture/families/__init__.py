"""A case for every family, in the order of the documentation."""

from tests.capture.families import (
    language_and_vision_streams,
    vision_prefix_decoders,
)

CASES = [
    *language_and_vision_streams.CASES,
    *vision_prefix_decoders.CASES,
]
