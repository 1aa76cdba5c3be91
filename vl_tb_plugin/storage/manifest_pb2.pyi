from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Manifest(_message.Message):
    __slots__ = ("schema_version", "store", "sequences", "attention", "hidden_states", "images", "text", "prediction", "target", "correct", "target_boxes", "fields", "provenance", "left_out", "relevancy", "perturbation", "logit_lens")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Field
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Field, _Mapping]] = ...) -> None: ...
    class ProvenanceEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    ATTENTION_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_STATES_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CORRECT_FIELD_NUMBER: _ClassVar[int]
    TARGET_BOXES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    RELEVANCY_FIELD_NUMBER: _ClassVar[int]
    PERTURBATION_FIELD_NUMBER: _ClassVar[int]
    LOGIT_LENS_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    store: str
    sequences: _containers.RepeatedCompositeFieldContainer[Sequence]
    attention: _containers.RepeatedCompositeFieldContainer[AttentionBlock]
    hidden_states: _containers.RepeatedCompositeFieldContainer[HiddenStates]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    text: str
    prediction: str
    target: str
    correct: bool
    target_boxes: _containers.RepeatedScalarFieldContainer[float]
    fields: _containers.MessageMap[str, Field]
    provenance: _containers.ScalarMap[str, str]
    left_out: _containers.RepeatedScalarFieldContainer[str]
    relevancy: _containers.RepeatedCompositeFieldContainer[RelevancyMap]
    perturbation: _containers.RepeatedCompositeFieldContainer[PerturbationTest]
    logit_lens: _containers.RepeatedCompositeFieldContainer[LogitLens]
    def __init__(self, schema_version: _Optional[int] = ..., store: _Optional[str] = ..., sequences: _Optional[_Iterable[_Union[Sequence, _Mapping]]] = ..., attention: _Optional[_Iterable[_Union[AttentionBlock, _Mapping]]] = ..., hidden_states: _Optional[_Iterable[_Union[HiddenStates, _Mapping]]] = ..., images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ..., text: _Optional[str] = ..., prediction: _Optional[str] = ..., target: _Optional[str] = ..., correct: bool = ..., target_boxes: _Optional[_Iterable[float]] = ..., fields: _Optional[_Mapping[str, Field]] = ..., provenance: _Optional[_Mapping[str, str]] = ..., left_out: _Optional[_Iterable[str]] = ..., relevancy: _Optional[_Iterable[_Union[RelevancyMap, _Mapping]]] = ..., perturbation: _Optional[_Iterable[_Union[PerturbationTest, _Mapping]]] = ..., logit_lens: _Optional[_Iterable[_Union[LogitLens, _Mapping]]] = ...) -> None: ...

class Slice(_message.Message):
    __slots__ = ("path", "offset")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    path: str
    offset: int
    def __init__(self, path: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class Sequence(_message.Message):
    __slots__ = ("name", "tokens", "modality", "boxes", "image_index")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_INDEX_FIELD_NUMBER: _ClassVar[int]
    name: str
    tokens: _containers.RepeatedScalarFieldContainer[str]
    modality: bytes
    boxes: _containers.RepeatedScalarFieldContainer[float]
    image_index: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., tokens: _Optional[_Iterable[str]] = ..., modality: _Optional[bytes] = ..., boxes: _Optional[_Iterable[float]] = ..., image_index: _Optional[_Iterable[int]] = ...) -> None: ...

class AttentionBlock(_message.Message):
    __slots__ = ("name", "query", "key", "layers", "heads", "rows", "statistics", "metrics", "weights", "statistics_slice", "weight_layers", "weight_heads", "keys")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_SLICE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_LAYERS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_HEADS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    name: str
    query: str
    key: str
    layers: _containers.RepeatedScalarFieldContainer[int]
    heads: int
    rows: _containers.RepeatedScalarFieldContainer[int]
    statistics: _containers.RepeatedScalarFieldContainer[str]
    metrics: _containers.RepeatedScalarFieldContainer[str]
    weights: str
    statistics_slice: Slice
    weight_layers: _containers.RepeatedScalarFieldContainer[int]
    weight_heads: _containers.RepeatedScalarFieldContainer[int]
    keys: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., query: _Optional[str] = ..., key: _Optional[str] = ..., layers: _Optional[_Iterable[int]] = ..., heads: _Optional[int] = ..., rows: _Optional[_Iterable[int]] = ..., statistics: _Optional[_Iterable[str]] = ..., metrics: _Optional[_Iterable[str]] = ..., weights: _Optional[str] = ..., statistics_slice: _Optional[_Union[Slice, _Mapping]] = ..., weight_layers: _Optional[_Iterable[int]] = ..., weight_heads: _Optional[_Iterable[int]] = ..., keys: _Optional[_Iterable[int]] = ...) -> None: ...

class HiddenStates(_message.Message):
    __slots__ = ("sequence", "layers", "features", "values")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    sequence: str
    layers: _containers.RepeatedScalarFieldContainer[int]
    features: int
    values: Slice
    def __init__(self, sequence: _Optional[str] = ..., layers: _Optional[_Iterable[int]] = ..., features: _Optional[int] = ..., values: _Optional[_Union[Slice, _Mapping]] = ...) -> None: ...

class LogitLens(_message.Message):
    __slots__ = ("sequence", "layers", "positions", "outputs", "probabilities", "words", "word_bytes", "answer", "answer_is", "answer_ranks", "answer_probabilities")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    WORD_BYTES_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ANSWER_IS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_RANKS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    sequence: str
    layers: _containers.RepeatedScalarFieldContainer[int]
    positions: _containers.RepeatedScalarFieldContainer[int]
    outputs: Slice
    probabilities: Slice
    words: Slice
    word_bytes: int
    answer: int
    answer_is: str
    answer_ranks: Slice
    answer_probabilities: Slice
    def __init__(self, sequence: _Optional[str] = ..., layers: _Optional[_Iterable[int]] = ..., positions: _Optional[_Iterable[int]] = ..., outputs: _Optional[_Union[Slice, _Mapping]] = ..., probabilities: _Optional[_Union[Slice, _Mapping]] = ..., words: _Optional[_Union[Slice, _Mapping]] = ..., word_bytes: _Optional[int] = ..., answer: _Optional[int] = ..., answer_is: _Optional[str] = ..., answer_ranks: _Optional[_Union[Slice, _Mapping]] = ..., answer_probabilities: _Optional[_Union[Slice, _Mapping]] = ...) -> None: ...

class RelevancyMap(_message.Message):
    __slots__ = ("method", "target", "position", "sequences", "values")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    method: str
    target: str
    position: int
    sequences: _containers.RepeatedScalarFieldContainer[str]
    values: Slice
    def __init__(self, method: _Optional[str] = ..., target: _Optional[str] = ..., position: _Optional[int] = ..., sequences: _Optional[_Iterable[str]] = ..., values: _Optional[_Union[Slice, _Mapping]] = ...) -> None: ...

class PerturbationTest(_message.Message):
    __slots__ = ("method", "order", "sequence", "metric", "target", "fractions", "values", "removal", "removed", "answers")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    FRACTIONS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    REMOVAL_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    method: str
    order: str
    sequence: str
    metric: str
    target: str
    fractions: _containers.RepeatedScalarFieldContainer[float]
    values: _containers.RepeatedScalarFieldContainer[float]
    removal: _containers.RepeatedScalarFieldContainer[int]
    removed: _containers.RepeatedScalarFieldContainer[int]
    answers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, method: _Optional[str] = ..., order: _Optional[str] = ..., sequence: _Optional[str] = ..., metric: _Optional[str] = ..., target: _Optional[str] = ..., fractions: _Optional[_Iterable[float]] = ..., values: _Optional[_Iterable[float]] = ..., removal: _Optional[_Iterable[int]] = ..., removed: _Optional[_Iterable[int]] = ..., answers: _Optional[_Iterable[str]] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("digest", "width", "height")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    digest: str
    width: int
    height: int
    def __init__(self, digest: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Field(_message.Message):
    __slots__ = ("number", "string", "boolean")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STRING_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    number: float
    string: str
    boolean: bool
    def __init__(self, number: _Optional[float] = ..., string: _Optional[str] = ..., boolean: bool = ...) -> None: ...

class EvaluationManifest(_message.Message):
    __slots__ = ("schema_version", "curves", "measures")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    CURVES_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    curves: _containers.RepeatedCompositeFieldContainer[Curve]
    measures: _containers.RepeatedCompositeFieldContainer[Measure]
    def __init__(self, schema_version: _Optional[int] = ..., curves: _Optional[_Iterable[_Union[Curve, _Mapping]]] = ..., measures: _Optional[_Iterable[_Union[Measure, _Mapping]]] = ...) -> None: ...

class Curve(_message.Message):
    __slots__ = ("method", "order", "modality", "metric", "fractions", "mean", "standard_error", "samples")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    FRACTIONS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    method: str
    order: str
    modality: str
    metric: str
    fractions: _containers.RepeatedScalarFieldContainer[float]
    mean: _containers.RepeatedScalarFieldContainer[float]
    standard_error: _containers.RepeatedScalarFieldContainer[float]
    samples: int
    def __init__(self, method: _Optional[str] = ..., order: _Optional[str] = ..., modality: _Optional[str] = ..., metric: _Optional[str] = ..., fractions: _Optional[_Iterable[float]] = ..., mean: _Optional[_Iterable[float]] = ..., standard_error: _Optional[_Iterable[float]] = ..., samples: _Optional[int] = ...) -> None: ...

class Measure(_message.Message):
    __slots__ = ("name", "method", "value", "standard_error", "samples")
    NAME_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    name: str
    method: str
    value: float
    standard_error: float
    samples: int
    def __init__(self, name: _Optional[str] = ..., method: _Optional[str] = ..., value: _Optional[float] = ..., standard_error: _Optional[float] = ..., samples: _Optional[int] = ...) -> None: ...
