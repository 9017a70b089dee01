"""The networks that `benchmarks/training.py` trains, as lepton-lab, torch and Keras write them."""
