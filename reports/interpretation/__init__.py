"""What the networks look at, drawn: compared maps, learned weights, attributions (appendix B)."""
