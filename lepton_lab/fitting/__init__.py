"""From a table to a trained model: folds, members, blend, calibration, within a budget."""
