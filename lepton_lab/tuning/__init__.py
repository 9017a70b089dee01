"""Search for better hyperparameters: a written space, halving, and an ensemble of the survivors."""
