"""The precision in which a device is fastest."""

import logging

import torch

log = logging.getLogger(__name__)


def native_precision(accelerator: str) -> str:
    """``bf16-mixed`` if the device has hardware units for bfloat16, else ``32-true``.

    Without such units, as AMX on a processor, mixed precision is slower than single: the
    conversions cost more than the arithmetic saves.

    Args:
        accelerator: Lightning's accelerator, such as ``auto`` or ``cpu``.
    """
    if accelerator != "cpu" and torch.cuda.is_available():
        device = torch.cuda.get_device_name()
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        known = torch.cpu.get_capabilities()
        device, native = str(known.get("cpu_name", "this processor")), bool(known.get("amx_bf16"))
    log.info("%s has %s hardware units for bfloat16", device, "" if native else "no")
    return "bf16-mixed" if native else "32-true"
