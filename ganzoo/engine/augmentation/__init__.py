"""What the discriminator sees instead of images while it learns: DiffAugment and adaptive augmentation."""
