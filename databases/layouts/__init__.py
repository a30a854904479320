"""Layouts of databases: each file reads the names and annotations of one database."""

from posed_spontaneous.databases.layouts.bbc_smiles import BbcSmiles
from posed_spontaneous.databases.layouts.casme2 import Casme2
from posed_spontaneous.databases.layouts.ck_plus import CkPlus
from posed_spontaneous.databases.layouts.disfa_plus import DisfaPlus
from posed_spontaneous.databases.layouts.folder import Folder
from posed_spontaneous.databases.layouts.pair_listing import PairListing
from posed_spontaneous.databases.layouts.samm import Samm
from posed_spontaneous.databases.layouts.smic import Smic
from posed_spontaneous.databases.layouts.spos import Spos
from posed_spontaneous.databases.layouts.ustc_nvie import UstcNvie
from posed_spontaneous.databases.layouts.uva_nemo import UvaNemo
from posed_spontaneous.databases.layouts.videos import Videos

__all__ = [
    "BbcSmiles",
    "Casme2",
    "CkPlus",
    "DisfaPlus",
    "Folder",
    "PairListing",
    "Samm",
    "Smic",
    "Spos",
    "UstcNvie",
    "UvaNemo",
    "Videos",
]
