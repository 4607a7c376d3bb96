"""The runs of finetuned on PyTorch. docs/engine-protocol.md says what goes in and out."""
VERSION = "1.0"
