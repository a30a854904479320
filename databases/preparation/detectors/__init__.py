"""Detectors of faces and their eyes."""

from posed_spontaneous.databases.preparation.detectors.detector import Detector, Face
from posed_spontaneous.databases.preparation.detectors.dlib_points import DlibDetector
from posed_spontaneous.databases.preparation.detectors.mtcnn import MtcnnDetector

__all__ = ["Detector", "DlibDetector", "Face", "MtcnnDetector"]
