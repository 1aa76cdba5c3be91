"""The plugin as TensorBoard knows it: its routes and its tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorboard.plugins import base_plugin

from vl_tb_plugin.plugin import static_files
from vl_tb_plugin.plugin.attention_routes import AttentionRoutes
from vl_tb_plugin.plugin.block_reading import BlockReading
from vl_tb_plugin.plugin.cohort_routes import CohortRoutes
from vl_tb_plugin.plugin.example_summaries import ExampleSummaries
from vl_tb_plugin.plugin.flip_routes import FlipRoutes
from vl_tb_plugin.plugin.geometry_routes import GeometryRoutes
from vl_tb_plugin.plugin.hidden_state_reading import HiddenStateReading
from vl_tb_plugin.plugin.jobs import JobQueue
from vl_tb_plugin.plugin.logit_lens_routes import LogitLensRoutes
from vl_tb_plugin.plugin.matrix_routes import MatrixRoutes
from vl_tb_plugin.plugin.neighbour_routes import NeighbourRoutes
from vl_tb_plugin.plugin.neighbourhood_routes import NeighbourhoodRoutes
from vl_tb_plugin.plugin.projection_routes import ProjectionRoutes
from vl_tb_plugin.plugin.relevancy_routes import RelevancyRoutes
from vl_tb_plugin.plugin.request import Handler, guarded
from vl_tb_plugin.plugin.routes import Routes
from vl_tb_plugin.plugin.run_folders import RunFolders
from vl_tb_plugin.plugin.run_index import RunIndex
from vl_tb_plugin.plugin.store_cache import StoreCache
from vl_tb_plugin.plugin.token_text_routes import TokenTextRoutes
from vl_tb_plugin.storage.run_folder import PLUGIN_NAME


class VLPlugin(base_plugin.TBPlugin):
    """Heads, attention and hidden states of vision-language models, over checkpoints."""

    plugin_name = PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext):
        spec = getattr(context.flags, "logdir_spec", "") if context.flags else ""
        folders = RunFolders(context.logdir or "", spec or "")
        index, stores = RunIndex(context.data_provider), StoreCache()
        blocks, summaries = BlockReading(index, folders, stores), ExampleSummaries(index)
        hidden_states, jobs = HiddenStateReading(index, folders, stores), JobQueue()
        self._routes = Routes(index, folders, blocks, summaries)
        self._projections = ProjectionRoutes(index, folders, stores, hidden_states, jobs)
        self._attention = AttentionRoutes(blocks)
        self._matrix = MatrixRoutes(blocks)
        self._relevancy = RelevancyRoutes(index, folders, stores)
        self._cohorts = CohortRoutes(index, folders, stores)
        self._flips = FlipRoutes(index, folders, stores, summaries)
        self._token_texts = TokenTextRoutes(index)
        self._neighbours = NeighbourRoutes(index, folders, stores, hidden_states, jobs)
        self._neighbourhoods = NeighbourhoodRoutes(index, hidden_states)
        self._logit_lens = LogitLensRoutes(index, folders, stores)
        self._geometry = GeometryRoutes(index, hidden_states)

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        """Every route, see http_api.md; what goes wrong is answered in JSON, never a traceback."""
        handlers: dict[str, Handler] = {
            "/runs": self._routes.runs,
            "/examples": self._routes.examples,
            "/manifest": self._routes.manifest,
            "/statistics": self._routes.statistics,
            "/attention": self._attention.attention,
            "/attention_gallery": self._attention.gallery,
            "/matrix": self._matrix.matrix,
            "/projection": self._projections.projection,
            "/projection_trail": self._projections.trail,
            "/jobs": self._projections.jobs,
            "/image": self._routes.image,
            "/relevancy": self._relevancy.relevancy,
            "/drift": self._relevancy.drift,
            "/evaluation": self._relevancy.evaluation,
            "/cohorts": self._cohorts.cohorts,
            "/cohort_statistics": self._cohorts.cohort_statistics,
            "/cohort_history": self._cohorts.cohort_history,
            "/cohort_difference": self._cohorts.cohort_difference,
            "/flips": self._flips.flips,
            "/neighbours": self._neighbours.neighbours,
            "/token": self._neighbours.token,
            "/churn": self._neighbourhoods.churn,
            "/churn_history": self._neighbourhoods.churn_history,
            "/hubness": self._neighbourhoods.hubness,
            "/token_texts": self._token_texts.token_texts,
            "/logit_lens": self._logit_lens.logit_lens,
            "/geometry": self._geometry.geometry,
            "/cka": self._geometry.cka,
            "/cka_history": self._geometry.cka_history,
            "/head_similarity": self._cohorts.head_similarity,
            "/head_matching": self._cohorts.head_matching,
        }
        for name in static_files.names():
            handlers[f"/{name}"] = static_files.route(name)
        apps = {path: guarded(handler) for path, handler in handlers.items()}
        apps["/job_cancel"] = guarded(self._projections.job_cancel, changes=True)
        return apps

    def is_active(self) -> bool:
        """False: TensorBoard itself activates a plugin whose summaries it has seen."""
        return False

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """The tab: an ES module in a frame."""
        return base_plugin.FrontendMetadata(
            es_module_path="/index.js", tab_name="Vision-Language", disable_reload=False
        )
