"""All that draws: grids, figures, curves, animations. Knows no run and no model."""
