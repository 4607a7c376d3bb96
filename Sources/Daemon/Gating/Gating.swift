// Gating
