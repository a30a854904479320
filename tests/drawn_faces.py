"""A database of cartoon faces for fast tests; their mouth corners show the class."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd


def draw_face(rng: np.random.Generator, left: int, right: int) -> np.ndarray:
    """Draw a gray face of 44x44 pixels with mouth corners raised by ``left`` and ``right``."""
    face = np.full((44, 44), 60, np.uint8)
    cv2.ellipse(face, (22, 22), (17, 20), 0, 0, 360, 170, -1)
    for x in (14, 30):
        cv2.circle(face, (x, 16), 2, 40, -1)
    points = np.array([[13, 32 - left], [22, 33], [31, 32 - right]], np.int32)
    cv2.polylines(face, [points], isClosed=False, color=50, thickness=2)
    return np.clip(face + rng.normal(0, 4, face.shape), 0, 255).astype(np.uint8)


def draw_database(folder: Path, subjects: int = 6, samples: int = 4, seed: int = 0) -> Path:
    """Write a database of drawn faces and return its manifest.

    Spontaneous smiles are symmetric, posed ones are not. Every subject has ``samples`` of each.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for subject in range(subjects):
        for label, corners in (("posed", (6, 0)), ("spontaneous", (4, 4))):
            for sample in range(samples):
                sample_id = f"s{subject:02d}-{label}-{sample}"
                images = {"onset": draw_face(rng, 0, 0), "apex": draw_face(rng, *corners)}
                for phase, image in images.items():
                    cv2.imwrite(str(folder / f"{sample_id}-{phase}.png"), image)
                rows.append(
                    {
                        "sample_id": sample_id,
                        "subject_id": f"s{subject:02d}",
                        "label": label,
                        "onset_path": f"{sample_id}-onset.png",
                        "apex_path": f"{sample_id}-apex.png",
                        "emotion": "happiness",
                        "latent_skew": corners[0] - corners[1] + rng.normal(0, 0.5),
                    }
                )
    manifest = folder / "manifest.csv"
    pd.DataFrame(rows).to_csv(manifest, index=False)
    return manifest
