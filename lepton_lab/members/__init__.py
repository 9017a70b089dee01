"""What stands beside the network in a blend, and as an honest baseline: a linear model and boosted trees."""
