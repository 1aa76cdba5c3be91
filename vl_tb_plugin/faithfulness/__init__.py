"""Faithfulness: whether maps of relevancy say what the model's answers depend on.

==========================  ======================================================================
``perturbation_test``       takes tokens away in the order of maps and watches a metric
``perturbation_results``    what that gave, per sample and as curves
``token_removal``           how tokens are taken out of a batch; a file each for
``text_removal``            words of a prompt,
``region_removal``          regions of a detector,
``patch_painting``          patches of a picture
``reduced_batch``           a batch some of whose tokens are gone
``kept_rows``               the rows of its tensors that stay
``steady_model``            runs a model so that equal inputs give equal outputs
``weight_randomisation``    what becomes of maps as the model forgets what it learnt
``detection_masks``         masks of detections from their maps, and their average precision
==========================  ======================================================================

Importing this package imports nothing; its modules import torch.
"""
