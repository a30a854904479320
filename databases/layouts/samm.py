"""SAMM: micro-movements of a diverse group of subjects, filmed at 200 frames per second."""

from typing import ClassVar

from posed_spontaneous.databases.layouts.coded_clips import CodedClips


class Samm(CodedClips):
    """Frames in ``006/006_1_2/006_05588.jpg``, annotated in an ``.xlsx``; the emotion is the label.

    "SAMM: a spontaneous micro-facial movement dataset" (Davison et al., 2018, IEEE Transactions
    on Affective Computing). The header of the table is below a preamble.
    """

    paper: ClassVar[str] = (
        "Davison, Lansley, Costen, Tan, Yap: SAMM: a spontaneous micro-facial movement dataset. "
        "2018, IEEE Transactions on Affective Computing"
    )
    access: ClassVar[str] = "a signed agreement, sent to Manchester Metropolitan University"
    layout = "frames such as 006/006_1_2/006_05588.jpg"
    subjects = "[0-9][0-9][0-9]"
    subject = "{:0>3}"
    key_frames: ClassVar[dict[str, str]] = {
        "onset": "Onset Frame",
        "apex": "Apex Frame",
        "offset": "Offset Frame",
    }
    details: ClassVar[dict[str, str]] = {"action_units": "Action Units"}
    filmed = 32
    emotions: ClassVar[dict[str, int]] = {
        "anger": 57,
        "happiness": 26,
        "other": 26,
        "surprise": 15,
        "contempt": 12,
        "disgust": 9,
        "fear": 8,
        "sadness": 6,
    }
    source = "the database's table of 159 clips; 32 people were filmed"
