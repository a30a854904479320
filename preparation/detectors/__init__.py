"""Where faces and their eyes are: a detector a file."""

from preparation.detectors.detector import Detector, Face
from preparation.detectors.dlib_points import DlibDetector
from preparation.detectors.mtcnn import MtcnnDetector

__all__ = ["Detector", "DlibDetector", "Face", "MtcnnDetector"]
