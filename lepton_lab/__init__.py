"""lepton-lab."""
