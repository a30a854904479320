"""Training speed: the project, a standard Lightning baseline, and the arithmetic alone."""
