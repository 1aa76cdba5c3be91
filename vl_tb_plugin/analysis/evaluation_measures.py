"""The numbers over samples that the project knows by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EvaluationMeasure:
    """A number over samples and how to say what it is.

    Attributes:
        name: in code and logs.
        title: for people.
        unit: of the value, with its range where it has one.
        description: what it computes, and who proposed it.
    """

    name: str
    title: str
    unit: str
    description: str


MEASURES: dict[str, EvaluationMeasure] = {
    measure.name: measure
    for measure in (
        EvaluationMeasure(
            "pointing_game",
            "Pointing game",
            "share of samples, 0 to 1",
            "How often the centre of the most relevant image token lies inside the evidence"
            " (Zhang et al., ECCV 2016).",
        ),
        EvaluationMeasure(
            "energy_inside",
            "Energy inside",
            "share of relevancy, 0 to 1",
            "Share of the positive relevancy of image tokens that lies inside the evidence; a token"
            " counts by the share of its box that does (Wang et al., Score-CAM, CVPR Workshops"
            " 2020).",
        ),
        EvaluationMeasure(
            "otsu_iou",
            "IoU after Otsu's threshold",
            "intersection over union, 0 to 1",
            "Overlap of the evidence with the part of the image whose relevancy is above Otsu's"
            " threshold (Otsu, IEEE Transactions on Systems, Man, and Cybernetics 1979).",
        ),
        EvaluationMeasure(
            "image_reliance",
            "Image reliance",
            "share of relevancy, 0 to 1",
            "Share of the positive relevancy of image and text tokens that lies on image tokens:"
            " 1 is all image, 0 all text.",
        ),
        EvaluationMeasure(
            "attention_relevancy_agreement",
            "Agreement of attention and relevancy",
            "rank correlation, -1 to 1",
            "Spearman's rank correlation of a sample's raw attention map with its relevancy map.",
        ),
        EvaluationMeasure(
            "randomisation",
            "Maps after weights were randomised",
            "rank correlation, -1 to 1",
            "Spearman's rank correlation of the maps with those of the same model with every weight"
            " made anew at random. Near 1, the maps say nothing of what was learnt"
            " (Adebayo et al., NeurIPS 2018).",
        ),
        EvaluationMeasure(
            "detection_mask_ap",
            "Mask AP of detections",
            "average precision, 0 to 1",
            "COCO's average precision of masks made of each detection's map by Otsu's threshold,"
            " over IoU thresholds from 0.2 (Chefer, Gur, Wolf, ICCV 2021).",
        ),
    )
}
