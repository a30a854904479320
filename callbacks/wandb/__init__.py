"""Weights & Biases dashboards: views of run folders."""
