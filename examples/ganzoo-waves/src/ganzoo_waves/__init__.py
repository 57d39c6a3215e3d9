"""Waveforms as a kind of data, two sets of them, features of theirs, and a variant that learns them.

Every command of ganzoo imports this file, so it imports `ganzoo` and nothing else: no torch.
"""

from ganzoo import DataModality, DataSource, FeatureExtractor, Variant, hookimpl


@hookimpl
def ganzoo_modalities() -> list[DataModality]:
    """The kind of data, which the data sources and the variant name."""
    return [DataModality("waveform", "sound, (channels, length)", "ganzoo_waves.modality:WaveformModality")]


@hookimpl
def ganzoo_data_sources() -> list[DataSource]:
    """A folder of `.wav` files, and tones that are computed."""
    return [
        DataSource("waves", "a folder of .wav files", "ganzoo_waves.data:files", argument="FOLDER", cheap=True),
        DataSource("plucks", "tones of a plucked string", "ganzoo_waves.data:plucks", cheap=True),
    ]


@hookimpl
def ganzoo_extractors() -> list[FeatureExtractor]:
    """What metrics look at."""
    return [FeatureExtractor("spectrum", "log energies of 64 bands", "ganzoo_waves.spectrum:Spectrum")]


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="wavegan",
            title="WaveGAN, sound without a spectrogram",
            paper="arXiv:1802.04208",
            config="ganzoo_waves.config:Config",
            factory="ganzoo_waves.model:build",
            data="waveform",
        )
    ]
