"""What the benchmarks of explanations share: one core, trained models, peers, curves of error against time."""
