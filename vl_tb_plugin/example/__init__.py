"""The data model: one sample at one checkpoint, as plain arrays of any framework.

Everything a user hands over is validated here, once, when the object is made; every floor above
may rely on it. Nothing here knows of models, files or TensorBoard.
"""

from vl_tb_plugin.example.array_input import InvalidExample, as_array
from vl_tb_plugin.example.attention import Attention, KeptWeights
from vl_tb_plugin.example.encoded_probabilities import EncodedProbabilities, Precision, encode
from vl_tb_plugin.example.evaluation import Evaluation, Measure, PerturbationCurve
from vl_tb_plugin.example.example import Example, FieldValue
from vl_tb_plugin.example.hidden_states import HiddenStates
from vl_tb_plugin.example.logit_lens import LogitLens
from vl_tb_plugin.example.relevancy import PerturbationTest, Relevancy
from vl_tb_plugin.example.token_sequence import MODALITIES, TokenSequence

__all__ = [
    "MODALITIES",
    "Attention",
    "EncodedProbabilities",
    "Evaluation",
    "Example",
    "FieldValue",
    "HiddenStates",
    "InvalidExample",
    "KeptWeights",
    "LogitLens",
    "Measure",
    "PerturbationCurve",
    "PerturbationTest",
    "Precision",
    "Relevancy",
    "TokenSequence",
    "as_array",
    "encode",
]
