"""From a run's settings and a panel to a fitted run, and from that to forecasts."""
