"""Building blocks of networks, for plugin authors."""

from __future__ import annotations

from ganzoo.layers.convolutional import (
    coarsest,
    convolutional_decoder,
    convolutional_encoder,
    doubling,
    feature_maps,
    initialize_normal,
)
from ganzoo.layers.equalized import EqualizedConv2d, EqualizedLinear
from ganzoo.layers.fully_connected import fully_connected
from ganzoo.layers.jitter import Jitter
from ganzoo.layers.maxout import Maxout
from ganzoo.layers.modulated import MappingNetwork, ModulatedConv2d, StyledConv2d, ToRGB, scaled_leaky_relu
from ganzoo.layers.normalization import MinibatchStddev, pixelwise_norm
from ganzoo.layers.patches import patch_encoder, receptive_field
from ganzoo.layers.players import SequentialDiscriminator, SequentialGenerator
from ganzoo.layers.resampling import Blur, FilteredUpsample

__all__ = [
    "Blur",
    "EqualizedConv2d",
    "EqualizedLinear",
    "FilteredUpsample",
    "Jitter",
    "MappingNetwork",
    "Maxout",
    "MinibatchStddev",
    "ModulatedConv2d",
    "SequentialDiscriminator",
    "SequentialGenerator",
    "StyledConv2d",
    "ToRGB",
    "coarsest",
    "convolutional_decoder",
    "convolutional_encoder",
    "doubling",
    "feature_maps",
    "fully_connected",
    "initialize_normal",
    "patch_encoder",
    "pixelwise_norm",
    "receptive_field",
    "scaled_leaky_relu",
]
