"""Features of earlier systems: functions from images, landmarks or clips to rows.

Every function returns ``(N, D)`` float32 and fits nothing, so that one call serves all folds;
everything that is fitted belongs to the estimator.
"""

from posed_spontaneous.systems.baselines.features.geometry import (
    ACTION_UNIT_FEATURES,
    action_unit_variations,
    grouped_displacements,
    landmark_displacements,
)
from posed_spontaneous.systems.baselines.features.gradients import difference_gradients
from posed_spontaneous.systems.baselines.features.local_patterns import clbp_top
from posed_spontaneous.systems.baselines.features.pixels import pixel_difference, pixel_pair
from posed_spontaneous.systems.baselines.features.sift import (
    FACIAL_DISTANCES,
    facial_distance_changes,
    facial_distances,
    sift_and_distances,
    sift_descriptors,
)
from posed_spontaneous.systems.baselines.features.temporal import interpolate_clips

__all__ = [
    "ACTION_UNIT_FEATURES",
    "FACIAL_DISTANCES",
    "action_unit_variations",
    "clbp_top",
    "difference_gradients",
    "facial_distance_changes",
    "facial_distances",
    "grouped_displacements",
    "interpolate_clips",
    "landmark_displacements",
    "pixel_difference",
    "pixel_pair",
    "sift_and_distances",
    "sift_descriptors",
]
