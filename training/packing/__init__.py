"""Many networks of one architecture trained as one, for devices that a single one leaves idle."""
