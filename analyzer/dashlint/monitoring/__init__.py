"""Monitoring of one deployment as files: alerts with tests, scraping, a dashboard, log queries."""

from dashlint.monitoring.bundle import files
from dashlint.monitoring.model import Alert, Figure, LeftOut, Load, Predicted, Setup
from dashlint.monitoring.predicted import predicted

__all__ = ["Alert", "Figure", "LeftOut", "Load", "Predicted", "Setup", "files", "predicted"]
