"""Pictures of many points that principal components alone do not give: t-SNE, UMAP, chosen axes.

t-SNE and UMAP run on :data:`~vl_tb_plugin.analysis.projections.reduction.KEPT_COMPONENTS` principal
components of each point, so that no more than these need to lie in memory.
"""
