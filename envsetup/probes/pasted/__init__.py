"""Facts from what people paste: collect_env and nvidia-smi texts."""
