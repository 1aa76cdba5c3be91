"""How TensorBoard finds the plugin.

An import error in this module would end TensorBoard, so it imports TensorBoard and the standard
library only; everything else is imported when the plugin is loaded, and failing costs one tab.
"""

from __future__ import annotations

import argparse
import logging

from tensorboard.plugins import base_plugin

logger = logging.getLogger("tensorboard")

PLUGIN_NAME = "vl_tb_plugin"


class VLPluginLoader(base_plugin.TBLoader):
    """Loads :class:`vl_tb_plugin.plugin.plugin.VLPlugin`."""

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Keep every checkpoint: TensorBoard would sample 10 steps of each series."""
        flags.samples_per_plugin.setdefault(PLUGIN_NAME, 0)

    def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin | None:
        """The plugin, or ``None`` (with a line in TensorBoard's log) where it can't run."""
        try:
            from vl_tb_plugin.plugin.plugin import VLPlugin
        except ImportError as error:
            logger.error(
                "The vl_tb_plugin tab is not available: %s. Reinstall it with:"
                " pip install --force-reinstall vl_tb_plugin",
                error,
            )
            return None
        return VLPlugin(context)
