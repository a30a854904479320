"""Systems that are no single network: earlier systems, references, ensembles."""
