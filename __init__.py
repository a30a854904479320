"""Posed and spontaneous facial expressions, told from an onset and an apex image.

The repository's root is this package: each folder is one room of it.
"""
