"""How widely or narrowly a token spreads its attention.

Sources: Hoyer, *Non-negative matrix factorization with sparseness constraints* (JMLR 2004); Hurley
and Rickard, *Comparing measures of sparsity* (IEEE Transactions on Information Theory 2009) for the
Gini index.
"""

from __future__ import annotations

import numpy as np

from vl_tb_plugin.analysis.block_axes import FloatArray
from vl_tb_plugin.analysis.head_statistics.means import mean, mean_of_defined
from vl_tb_plugin.analysis.head_statistics.registry import statistic
from vl_tb_plugin.analysis.head_sums import HeadSums
from vl_tb_plugin.analysis.sampled_rows import SAMPLED_ROWS


@statistic(
    "Entropy", "nats", "How widely a token spreads its attention, mean over text and image tokens."
)
def entropy(sums: HeadSums) -> FloatArray:
    return mean(sums.entropy, sums.content_rows)


@statistic(
    "Entropy, normalised",
    "0 to 1",
    "Entropy divided by its maximum, ln(number of keys that the mask admits).",
)
def normalized_entropy(sums: HeadSums) -> FloatArray:
    return mean(sums.relative_entropy, sums.several)


@statistic("Perplexity", "keys", "exp(entropy): how many keys a token attends to, in effect.")
def perplexity(sums: HeadSums) -> FloatArray:
    return np.exp(entropy(sums))


@statistic(
    "Sparsity (Hoyer)",
    "0 to 1",
    "(√N - |a|₁/|a|₂) / (√N - 1) over the N admitted keys: 0 is uniform, 1 is a single key; mean"
    " over text and image tokens.",
)
def hoyer(sums: HeadSums) -> FloatArray:
    return mean(sums.hoyer, sums.several)


@statistic(
    "Inequality (Gini)",
    "0 to 1",
    "Gini index of a token's weights over the keys that the mask admits: 0 is uniform, near 1 all"
    f" lies on one key; mean over at most {SAMPLED_ROWS} text and image tokens, chosen by their"
    " position alone.",
)
def gini(sums: HeadSums) -> FloatArray:
    return mean_of_defined(sums.sampled.gini)


@statistic(
    "Keys for 90 %",
    "share of keys",
    "Fewest keys that together hold 90 % of a token's attention, as a share of the keys that the"
    f" mask admits; mean over at most {SAMPLED_ROWS} text and image tokens, chosen by their"
    " position alone.",
)
def keys_for_90(sums: HeadSums) -> FloatArray:
    return mean_of_defined(sums.sampled.keys_for_90)


@statistic("Largest weight", "weight", "A token's largest weight, mean over text and image tokens.")
def max_weight(sums: HeadSums) -> FloatArray:
    return mean(sums.largest, sums.content_rows)
