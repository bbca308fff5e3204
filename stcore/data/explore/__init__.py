"""Statistics that tell what is in a panel: its seasons, spread, likeness of neighbours and groups. Numbers only, no figures.

All of them leave missing readings out, never take a filled value for an observed one, and look at a stated sample of a panel
that is too large to be read whole (``sample.draw``).
"""
