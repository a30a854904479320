"""Systems that are not a single network: earlier systems, references and ensembles."""

from posed_spontaneous.systems.subject_search import SubjectSearch

__all__ = ["SubjectSearch"]
