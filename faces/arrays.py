"""Array types of the generator."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Image = NDArray[np.uint8]
"""Gray image of 8 bits, ``(H, W)``, or several of them, ``(N, H, W)``."""
