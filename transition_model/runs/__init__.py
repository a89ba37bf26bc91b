"""Running the model: one simulation, its record and its files."""
