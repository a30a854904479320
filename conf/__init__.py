"""What can be chosen: one group a choice, one small file an option."""
