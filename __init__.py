"""Experiments on posed and spontaneous facial expressions from an onset and an apex image.

The root of the repository is this package: each folder is one subpackage.
"""
